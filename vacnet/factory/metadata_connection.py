"""Connections to the metadata service: few for each machine, short, and none that only sits there.

Rules of this file: a machine is not trusted with our sockets. Each has at most `PER_PEER_MAX` connections,
and so have all together who are no machine of ours: a process of the host comes from as many addresses as it
likes. Each connection is for one request, whose head has to be there in `HEAD_SECONDS` and whose end in
`LIFE_SECONDS`, read or not. Of too many the oldest that has not asked as its machine is closed, without a
word, which costs less than an answer: so who only knocks at a machine's door, as its neighbours can, does not
keep the machine out. What comes is kept as it came: a body is not unpacked, whatever its encoding.
"""

from __future__ import annotations

import asyncio
import logging
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

    __slots__ = ("_counted_as", "_is_served", "_others", "_timers", "door", "is_heard", "peer")

    def __init__(
        self, manager: web.Server, door: str, others: Connections, is_served: Callable[[str], bool]
    ) -> None:
        """Belong to a server and stand among `others`, by machine; `is_served` tells whose it is."""
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
        self._others = others
        self._is_served = is_served
        self.is_heard = False
        """Its machine has asked."""
        self._timers: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and close the oldest silent one if it is one too many."""
        super().connection_made(transport)
        self.peer = self.door or str((transport.get_extra_info("peername") or ("",))[0])
        self._counted_as = self.peer if self._is_served(self.peer) else STRANGERS
        loop = asyncio.get_running_loop()
        self._timers = [
            loop.call_later(HEAD_SECONDS, self._insist),
            loop.call_later(LIFE_SECONDS, self.end),
        ]
        mine = self._others.setdefault(self._counted_as, [])
        mine.append(self)
        if len(mine) > PER_PEER_MAX or sum(map(len, self._others.values())) > CONNECTIONS_MAX:
            next(one for one in mine if not one.is_heard).end()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count it no more."""
        for timer in self._timers:
            timer.cancel()
        self._leave()
        super().connection_lost(exc)

    def end(self) -> None:
        """End it now: a close would wait for who does not read the answer."""
        self._leave()
        if self.transport is not None:
            self.transport.abort()
        self.force_close()

    def _leave(self) -> None:
        mine = self._others.get(self._counted_as, [])
        if self in mine:
            mine.remove(self)
        if not mine:
            self._others.pop(self._counted_as, None)

    def _insist(self) -> None:
        if not self.is_heard:
            self.end()


Connections = dict[str, list[Connection]]
"""Those that are open, oldest first, by whom they are counted as."""
