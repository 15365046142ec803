"""Asking libvirt: in a worker thread, for a bounded time, with every failure in an admin's words.

Rules of this file: whoever asks meets two failures only. `RefusalError`: libvirt answered no. `AwayError`: it
did not answer, so nothing is known of what it did. A connection that broke is opened anew at the next
question; keep-alives notice one to a daemon that hangs. Small questions go over one connection, which hears
events too; what takes work, and what waits for a QEMU to hear it, have threads of their own (`lane`). Whoever
wants to know of a new connection for small questions is told on the thread that opened it, before one is put.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from vacnet.runtimes.engine.faults import AwayError, RefusalError, shorten
from vacnet.runtimes.libvirt import binding
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.faults import is_away
from vacnet.runtimes.libvirt.lane import Lane

T = TypeVar("T")

MAKING_THREADS = 8
MEASURING_THREADS = 2
PRESSING_THREADS = 4
"""Each may be held up by a QEMU that is stopped, until that is killed."""
KEEPALIVE_SECONDS, KEEPALIVE_COUNT = 5, 3
"""A daemon that is silent for 20 s is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long libvirt may take, in seconds."""

    probe_seconds: float = 6.0
    ask_seconds: float = 20.0
    """For a look: milliseconds on an idle host."""
    measure_seconds: float = 5.0
    """For what all machines use: milliseconds, and for ever where one's QEMU is stopped."""
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
        self._asking = Lane("libvirt-ask", 1, self._open_to_hear)
        self._making = Lane("libvirt-make", MAKING_THREADS, self._open)
        self._measuring = Lane("libvirt-measure", MEASURING_THREADS, self._open)
        self._pressing = Lane("libvirt-press", PRESSING_THREADS, self._open)

    async def ask(self, question: Callable[[Connection], T], seconds: float = 0.0) -> T:
        """Put a question to libvirt and return its answer.

        Raises:
            RefusalError: it says no.
            AwayError: it does not answer within `seconds` (0: as long as a small question may take).
            NotNowError: its library is not installed.
        """
        return await self._on(self._asking, question, seconds or self.patience.ask_seconds)

    async def make(self, question: Callable[[Connection], T]) -> T:
        """Put a question that takes work and return its answer; see `ask`."""
        return await self._on(self._making, question, self.patience.make_seconds)

    async def measure(self, question: Callable[[Connection], T]) -> T:
        """Put a question that asks each QEMU and return its answer; see `ask`."""
        return await self._on(self._measuring, question, self.patience.measure_seconds)

    async def press(self, question: Callable[[Connection], T]) -> T:
        """Put a question that a QEMU has to hear and return its answer; see `ask`."""
        return await self._on(self._pressing, question, self.patience.make_seconds)

    async def _on(self, lane: Lane, question: Callable[[Connection], T], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await lane.do(lambda: self._put(lane, question))
        except TimeoutError:
            words = f"libvirt at {self.uri} did not answer within {seconds:g} s; see whether it is well"
            raise AwayError(words) from None

    def _put(self, lane: Lane, question: Callable[[Connection], T]) -> T:
        library = binding.load()
        try:
            return question(lane.connection(library))
        except library.libvirtError as error:
            raise self._understood(error) from error

    def _open(self, library: ModuleType) -> Connection:
        made = library.open(self.uri)
        # The test driver of libvirt lives in this process and has nobody to keep alive.
        if not self.uri.startswith("test:"):
            made.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_COUNT)
        return made

    def _open_to_hear(self, library: ModuleType) -> Connection:
        made = self._open(library)
        self.opened(library, made)
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
        """Let go of threads and connections; what is under way ends unheard."""
        for lane in (self._asking, self._making, self._measuring, self._pressing):
            lane.close()


_REMEDIES = (
    (
        "virtqemud-sock",
        "start it (systemctl start virtqemud.socket virtnetworkd.socket virtnwfilterd.socket)",
    ),
    ("No such file", "start it (systemctl start libvirtd), or set uri in [runtimes.libvirt]"),
    ("Connection refused", "start it (systemctl start libvirtd)"),
    ("Permission denied", "put the factory's user into the group libvirt (usermod -aG libvirt USER)"),
)
