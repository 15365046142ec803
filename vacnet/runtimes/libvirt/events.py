"""Hearing of domains: lifecycle events, and connections that come and break, told to the loop.

Rules of this file: events are reasons to look, not the truth: they are lost with a connection. So a new
connection is told too, and one that broke is opened anew by a question, put every few seconds until it is
answered. Callbacks run on the library's own thread and only hand on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.engine.faults import RefusalError
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.client import Client

AGAIN_SECONDS = 0.5
"""A libvirtd takes seconds to start again, and its machines go on meanwhile."""


class Events:
    """Hears the events of all domains of a libvirt."""

    def __init__(self, client: Client, hear: Callable[[str], None]) -> None:
        """Call `hear` on the loop with a domain's uuid; with none when something may have been missed."""
        self._client = client
        self._hear = hear
        self._loop: asyncio.AbstractEventLoop | None = None
        self._following: asyncio.Task[None] | None = None
        self._broken = asyncio.Event()
        client.opened = self._opened

    def follow(self) -> None:
        """Begin to keep a connection open, if that has not begun."""
        if self._following is None:
            self._loop = asyncio.get_running_loop()
            self._following = asyncio.create_task(self._follow(), name="libvirt events")

    async def _follow(self) -> None:
        while True:
            self._broken.clear()
            while not await self._answered():  # noqa: ASYNC110 (another process comes back)
                await asyncio.sleep(AGAIN_SECONDS)
            self._hear("")
            await self._broken.wait()

    async def _answered(self) -> bool:
        with suppress(NotNowError, RefusalError):
            await self._client.ask(lambda connection: connection.getLibVersion())
            return True
        return False

    def _opened(self, library: ModuleType, connection: Connection) -> None:
        kind = library.VIR_DOMAIN_EVENT_ID_LIFECYCLE
        connection.domainEventRegisterAny(None, kind, self._happened, None)
        # The test driver cannot break.
        with suppress(library.libvirtError):
            connection.registerCloseCallback(self._closed, None)

    def _happened(self, _connection: Any, domain: Any, _event: int, _detail: int, _opaque: Any) -> None:
        self._tell(self._hear, domain.UUIDString())

    def _closed(self, _connection: Any, _reason: int, _opaque: Any) -> None:
        self._tell(lambda _: self._broken.set(), "")

    def _tell(self, hear: Callable[[str], None], uuid: str) -> None:
        # A loop that is closed waits for nothing any more.
        with suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(hear, uuid)

    def close(self) -> None:
        """Hear nothing more."""
        if self._following is not None:
            self._following.cancel()
        self._loop = None
