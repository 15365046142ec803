"""Threads that put questions to libvirt, each over a connection of its own.

Rules of this file: a connection carries one question at a time. Where several threads wait on one and
keep-alives end it, because the daemon hangs, libvirt's library brings the whole process down (9.0: SIGSEGV);
and a daemon with five questions of one connection under way reads no more of it, not even keep-alives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import TypeVar

from vacnet.runtimes.engine.workers import Workers
from vacnet.runtimes.libvirt.binding import Connection

T = TypeVar("T")


class Lane:
    """So many questions of one kind at a time; those of other kinds do not wait for them."""

    def __init__(self, name: str, most: int, connect: Callable[[ModuleType], Connection]) -> None:
        """Begin no thread yet; each, at most `most`, calls `connect` where it has no living connection."""
        self._workers = Workers(name, most, at_end=self._let_go)
        self._connect = connect
        self._own = threading.local()

    async def do(self, job: Callable[[], T]) -> T:
        """Do a job in one of the threads; see `Workers.do`."""
        return await self._workers.do(job)

    def connection(self, library: ModuleType) -> Connection:
        """Return the connection of the thread that asks, opened anew if it broke.

        Raises:
            libvirtError: libvirt does not answer.
        """
        held = getattr(self._own, "connection", None)
        if held is None or not held.isAlive():
            self._own.connection = None
            held = self._own.connection = self._connect(library)
        return held

    def _let_go(self) -> None:
        held = getattr(self._own, "connection", None)
        with suppress(Exception):  # it is being thrown away
            if held is not None:
                held.close()

    def close(self) -> None:
        """Let go of threads and connections; what is under way ends unheard."""
        self._workers.close()
