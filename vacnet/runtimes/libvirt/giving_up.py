"""Machines that run and cannot go on: paused, panicked, asleep. They are ended, with the reason.

Rules of this file: a pause may pass (an admin's dump, a snapshot), so it gets a while; a panic does not. Why
a machine is being ended is on disk before it is: a restart in between must not take it for a foreign hand.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from vacnet.machines.directory import write_whole
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.libvirt.look import Domain, State
from vacnet.runtimes.libvirt.seen import Stuck, stuck

FILE = "stuck.json"
PAUSE_SECONDS = 30.0
"""What a pause may last."""
_SECRET = 0o600

log = structlog.get_logger(__name__)


class GivingUp:
    """Waits for machines that are stuck, and gives them up."""

    def __init__(
        self,
        machines: Path,
        take: Callable[[], Awaitable[Mapping[str, Domain]]],
        end: Callable[[str], Awaitable[None]],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """`take` looks at libvirt; `end` ends a machine without asking it."""
        self._machines = machines
        self._take = take
        self._end = end
        self._pause_seconds = pause_seconds
        self._waiting: dict[str, asyncio.Task[None]] = {}

    def look_at(self, domain: Domain) -> None:
        """Begin to wait for a machine if it is stuck."""
        if stuck(domain) is not None and domain.machine_id not in self._waiting:
            task = asyncio.create_task(self._wait(domain), name=f"libvirt stuck {domain.machine_id}")
            self._waiting[domain.machine_id] = task
            task.add_done_callback(lambda _: self._waiting.pop(domain.machine_id, None))

    async def _wait(self, domain: Domain) -> None:
        await asyncio.sleep(0.0 if domain.state == State.CRASHED else self._pause_seconds)
        # libvirt away, or a full disk: it is found stuck again at the next look.
        with suppress(NotNowError, OSError):
            found = (await self._take()).get(domain.machine_id)
            why = None if found is None else stuck(found)
            if why is not None:
                log.warning("libvirt.stuck", id=domain.machine_id, why=why.failed or why.lost)
                await asyncio.to_thread(_write, self._machines / domain.machine_id, why)
                await self._end(domain.machine_id)

    def close(self) -> None:
        """Wait no longer."""
        for task in list(self._waiting.values()):
            task.cancel()


def _write(home: Path, why: Stuck) -> None:
    if not home.exists():  # taken away by hand: the machine is ended all the same
        return
    values = {"failed": why.failed, "lost": why.lost}
    write_whole(home / FILE, json.dumps(values).encode(), _SECRET, durable=True)


def written(home: Path) -> Stuck | None:
    """Return why a machine was given up; None when it was not."""
    try:
        found = json.loads((home / FILE).read_bytes())
        return Stuck(str(found["failed"]), str(found["lost"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
