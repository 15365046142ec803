"""Connections to the metadata service: few for each machine, short, and none that only sits there.

Rules of this file: a machine is not trusted with our sockets. Each has at most `PER_PEER_MAX` connections,
and so have all together who are no machine of ours: a process of the host comes from as many addresses as it
likes. Each connection is for one request, whose head has to be there in `HEAD_SECONDS` and whose end in
`LIFE_SECONDS`, read or not. A connection too many is closed without a word, which costs less than an answer.
What comes is kept as it came: a body is not unpacked, whatever its encoding.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from aiohttp import web

PER_PEER_MAX = 32
STRANGERS = "strangers"
"""As whom those are counted who are not served."""
CONNECTIONS_MAX = 2048
HEAD_SECONDS = 20.0
LIFE_SECONDS = 600.0
LINGER_SECONDS = 1.0
"""For who is refused in the middle of a body to read why."""

_SILENT = logging.Logger("metadata", logging.CRITICAL + 1)  # noqa: LOG001 (of no tree that a setting could wake)
"""What is no HTTP is no news of ours: a machine could fill the log with it."""


class Connection(web.RequestHandler):
    """One connection; `door` is what it came in at, by which its machine is counted and known."""

    __slots__ = ("_counted_as", "_counts", "_heard", "_is_served", "_timers", "door", "peer")

    def __init__(
        self, manager: web.Server, door: str, counts: Counter[str], is_served: Callable[[str], bool]
    ) -> None:
        """Belong to a server and be counted in `counts`, by machine; `is_served` tells whose it is."""
        loop = asyncio.get_running_loop()
        super().__init__(
            manager,
            loop=loop,
            logger=_SILENT,
            access_log=None,  # type: ignore[arg-type] # as documented: none is written
            lingering_time=LINGER_SECONDS,
            auto_decompress=False,
        )
        self.door = door
        self.peer = ""
        self._counted_as = ""
        self._counts = counts
        self._is_served = is_served
        self._heard = False
        self._timers: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and close it if it is one too many."""
        super().connection_made(transport)
        self.peer = self.door or str((transport.get_extra_info("peername") or ("",))[0])
        self._counted_as = self.peer if self._is_served(self.peer) else STRANGERS
        self._counts[self._counted_as] += 1
        if self._counts[self._counted_as] > PER_PEER_MAX or self._counts.total() > CONNECTIONS_MAX:
            self.force_close()
            return
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(HEAD_SECONDS, self._insist),
            loop.call_later(LIFE_SECONDS, self._end),
        ]

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count it no more."""
        for timer in self._timers:
            timer.cancel()
        self._counts[self._counted_as] -= 1
        if self._counts[self._counted_as] <= 0:
            del self._counts[self._counted_as]
        super().connection_lost(exc)

    def heard(self) -> None:
        """Note that the head of its request is here."""
        self._heard = True

    def _end(self) -> None:
        """End it now: a close would wait for who does not read the answer."""
        if self.transport is not None:
            self.transport.abort()
        self.force_close()

    def _insist(self) -> None:
        if not self._heard:
            self.force_close()
