"""Losses before anything of ours: what the kernel dropped because its buffer was full, told and shown.

Rules of this file: gossip repairs what is lost, so a drop is no failure; but a factory that loses much is
late in all it knows, and its admin can mend that with one line. So a buffer smaller than asked for is told
to the log at the start, and drops are told and shown while they go on, each with what to do.

Sources: socket(7) on SO_RCVBUF and net.core.rmem_max; gossip research 2 (the default holds 92 datagrams of
1,200 bytes).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from vacnet.agent.effects import Notify
from vacnet.factory.udp import RECEIVE_BUFFER_BYTES

LOOK_SECONDS = 2.0
SHOWN_SECONDS = 60.0
REMEDY = (
    f"`sysctl -w net.core.rmem_max={RECEIVE_BUFFER_BYTES}` (and a line in /etc/sysctl.d), then restart vacnet"
)

FULL_BUFFER = "gossip repairs that late: is the host overloaded, or is somebody flooding its port?"


class Socket(Protocol):
    """What of an endpoint is looked at."""

    def dropped_by_kernel(self) -> int:
        """Return how many datagrams were dropped since the start."""
        ...

    def receive_buffer_bytes(self) -> int:
        """Return the smallest buffer that was granted."""
        ...


class Losses:
    """Looks at drops now and then."""

    def __init__(
        self, endpoint: Socket, notify: Callable[[Notify], None], show: Callable[[float, str], None]
    ) -> None:
        """Tell by `notify`, show a line for some seconds by `show`."""
        self._endpoint = endpoint
        self._notify = notify
        self._show = show
        self._dropped = 0

    def small_buffer(self) -> str:
        """Return in words that less was granted than asked for; empty if all was."""
        granted = self._endpoint.receive_buffer_bytes()
        if granted >= RECEIVE_BUFFER_BYTES:
            return ""
        return (
            f"the kernel grants gossip a receive buffer of {granted >> 10} KiB of the "
            f"{RECEIVE_BUFFER_BYTES >> 10} KiB asked for: in a large space bursts are lost and repaired "
            f"late; {REMEDY}"
        )

    def look(self) -> None:
        """Tell what was dropped since the last look."""
        dropped = self._endpoint.dropped_by_kernel()
        fresh, self._dropped = dropped - self._dropped, dropped
        if fresh <= 0:
            return
        fields: Mapping[str, object] = {"datagrams": fresh, "since_start": dropped}
        self._notify(Notify("gossip.dropped", fields, warning=True))
        words = f"{dropped} since the start; " + (self.small_buffer() or FULL_BUFFER)
        self._show(
            SHOWN_SECONDS, f"the kernel dropped datagrams that came faster than they were taken, {words}"
        )

    async def run(self) -> None:
        """Tell of a small buffer, then look every two seconds, for ever."""
        if words := self.small_buffer():
            self._notify(Notify("gossip.small-buffer", {"why": words}, warning=True))
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()
