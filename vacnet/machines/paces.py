"""How often the keeper does what it does again and again, in seconds.

Rules of this file: defaults for a site; tests go faster. An engine's events wake the keeper at once, so these
paces bound only what events do not tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vacnet.agent.effects import Notify
from vacnet.machines.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """Seconds between two rounds of each kind."""

    adopt_seconds: float = 8.0
    """What the first look at each engine may last: a factory that starts does not wait for one that hangs."""
    look_seconds: float = 10.0
    """Whole looks at each engine, when no event asks for one sooner."""
    listen_again_seconds: float = 2.0
    """Until an engine whose events broke off is listened to again."""
    beat_seconds: float = 1.0
    """Deadlines, proof files, heartbeat files, console logs."""
    measure_seconds: float = 30.0
    keep_usage_seconds: float = 300.0
    """What was measured is kept in the record, for accounting after a restart."""
    expiry_seconds: float = 600.0
    retry_seconds: float = 5.0
    """Until a step that failed is tried again."""


async def again_and_again(seconds: float, do: Callable[[], Awaitable[None]], tools: Tools) -> None:
    """Do something every so many seconds until cancelled; a round that fails costs no later one."""
    while True:
        try:
            await do()
        except Exception as error:  # noqa: BLE001 (a fault of ours in one round costs no other)
            fields = {"error": f"{type(error).__name__}: {error}"}
            tools.notify(Notify("keeper.round-failed", fields, warning=True))
        await asyncio.sleep(seconds)
