"""Asking libvirt: in a worker thread, for a bounded time, with every failure in an admin's words.

Rules of this file: whoever asks meets two failures only. `RefusalError`: libvirt answered no. `AwayError`: it
did not answer, so nothing is known of what it did. A connection that broke is opened anew at the next
question; keep-alives notice one to a daemon that hangs. Whoever wants to know of a new connection is told on
the thread that opened it, before the question is put.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from vacnet.runtimes.engine.faults import AwayError, RefusalError, shorten
from vacnet.runtimes.engine.workers import Workers
from vacnet.runtimes.libvirt import binding
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.faults import is_away

T = TypeVar("T")

THREADS = 8
KEEPALIVE_SECONDS, KEEPALIVE_COUNT = 5, 3
"""A daemon that is silent for 20 s is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long libvirt may take, in seconds."""

    probe_seconds: float = 6.0
    ask_seconds: float = 20.0
    """For a look: milliseconds on an idle host."""
    make_seconds: float = 90.0
    """For a start: half a second; most of a minute where QEMU has to be asked what it can do."""


class Client:
    """A libvirt behind its URI."""

    def __init__(self, uri: str, patience: Patience) -> None:
        """Ask nothing yet."""
        self.uri = uri
        self.patience = patience
        self.opened: Callable[[ModuleType, Connection], None] = lambda _library, _connection: None
        """Called with each new connection, on a worker thread."""
        self._workers = Workers("libvirt", THREADS)
        self._opening = threading.Lock()
        self._connection: Connection | None = None

    async def ask(self, question: Callable[[Connection], T], seconds: float = 0.0) -> T:
        """Put a question to libvirt and return its answer.

        Raises:
            RefusalError: it says no.
            AwayError: it does not answer within `seconds` (0: as long as a small question may take).
            NotNowError: its library is not installed.
        """
        seconds = seconds or self.patience.ask_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._workers.do(lambda: self._put(question))
        except TimeoutError:
            words = f"libvirt at {self.uri} did not answer within {seconds:g} s; see whether it is well"
            raise AwayError(words) from None

    async def make(self, question: Callable[[Connection], T]) -> T:
        """Put a question that takes work and return its answer; see `ask`."""
        return await self.ask(question, self.patience.make_seconds)

    def _put(self, question: Callable[[Connection], T]) -> T:
        library = binding.load()
        try:
            return question(self._connected(library))
        except library.libvirtError as error:
            raise self._understood(error) from error

    def _connected(self, library: ModuleType) -> Connection:
        with self._opening:
            if self._connection is not None and self._connection.isAlive():
                return self._connection
            self._connection = None
            made = library.open(self.uri)
            # The test driver of libvirt lives in this process and has nobody to keep alive.
            if not self.uri.startswith("test:"):
                made.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_COUNT)
            self.opened(library, made)
            self._connection = made
            return made

    def _understood(self, error: Exception) -> Exception:
        code, words = getattr(error, "get_error_code", lambda: 0)(), shorten(str(error))
        return AwayError(self._unreached(words)) if is_away(words) else RefusalError(code or 0, words)

    def _unreached(self, words: str) -> str:
        for sign, remedy in _REMEDIES:
            if sign in words:
                return f"libvirt at {self.uri} does not answer ({words}): {remedy}"
        return f"libvirt at {self.uri} does not answer ({words}): see its log (journalctl -u libvirtd)"

    def close(self) -> None:
        """Let go of threads and the connection; what is under way ends unheard."""
        self._workers.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            threading.Thread(target=_close, args=(connection,), daemon=True).start()


_REMEDIES = (
    ("No such file", "start it (systemctl start libvirtd), or set uri in [runtimes.libvirt]"),
    ("Connection refused", "start it (systemctl start libvirtd)"),
    ("Permission denied", "put the factory's user into the group libvirt (usermod -aG libvirt USER)"),
)


def _close(connection: Connection) -> None:
    """Close on a thread of its own: one to a daemon that hangs would hold up the end of the factory."""
    with suppress(Exception):  # it is being thrown away
        connection.close()
