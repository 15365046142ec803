"""Recordings of this factory's gossip, for whoever asks on the control socket; see `agent.recording`.

Rules of this file: the daemon never waits for who listens. Pieces are queued up to `BEHIND_BYTES_MAX`;
who is further behind is cut off, and the recording ends there. Without anybody listening it costs
nothing. No file is written here: the command that asked does, with the rights of who typed it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from vacnet import __version__
from vacnet.agent import recording
from vacnet.agent.agent import Agent
from vacnet.agent.effects import Effect
from vacnet.agent.events import Event
from vacnet.factory.logs import tell_failure
from vacnet.factory.loop import Driver

BEHIND_BYTES_MAX = 1 << 24
"""Minutes of a large space at work: a disk that takes none for so long is broken."""
LISTENERS_MAX = 4


class Recorder:
    """Tells listeners all that the agent is told and sends."""

    def __init__(self, agent: Agent, driver: Driver, clock: Callable[[], float]) -> None:
        """Record `agent`, which `driver` drives by `clock`."""
        self._agent = agent
        self._driver = driver
        self._clock = clock
        self._listeners: set[_Listener] = set()
        self._next_check = 0.0

    @property
    def full(self) -> bool:
        """Tell whether no more can listen."""
        return len(self._listeners) >= LISTENERS_MAX

    async def pieces(self, seconds: float) -> AsyncGenerator[bytes]:
        """Yield a recording that begins now, until the listener goes or `seconds` have passed (0: never)."""
        listener = _Listener()
        now = self._clock()
        listener.put(recording.header(self._header()) + recording.state(self._agent, now))
        self._listen(listener, now)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds or None):
                    async for piece in listener.pieces():
                        yield piece
            yield recording.check(self._agent, self._clock()) if listener.whole else b""
        finally:
            self._leave(listener)

    def _header(self) -> recording.Header:
        settings = self._agent.settings
        return recording.Header(
            version=__version__,
            factory=settings.factory,
            space=settings.space,
            wall=time.time(),
        )

    def _listen(self, listener: _Listener, now: float) -> None:
        self._listeners.add(listener)
        self._next_check = min(self._next_check, now) if self._driver.tap else now
        self._driver.tap = self._tap

    def _leave(self, listener: _Listener) -> None:
        self._listeners.discard(listener)
        if not self._listeners:
            self._driver.tap = None

    def _tap(self, event: Event, effects: Sequence[Effect], now: float) -> None:
        try:
            piece = self._piece(event, effects, now)
        except Exception as error:  # noqa: BLE001 (a recording never ends the daemon)
            tell_failure("recording.failed", error)
            for listener in self._listeners:
                listener.cut()
            return
        for listener in self._listeners:
            listener.put(piece)

    def _piece(self, event: Event, effects: Sequence[Effect], now: float) -> bytes:
        piece = recording.told(event, effects, now)
        if now >= self._next_check:
            self._next_check = now + recording.CHECK_SECONDS
            piece += recording.check(self._agent, now)
        return piece


class _Listener:
    """Pieces on their way to one who listens."""

    def __init__(self) -> None:
        self.whole = True
        self._pieces: list[bytes] = []
        self._bytes = 0
        self._come = asyncio.Event()

    def put(self, piece: bytes) -> None:
        self.whole = self.whole and self._bytes + len(piece) <= BEHIND_BYTES_MAX
        if self.whole:
            self._pieces.append(piece)
            self._bytes += len(piece)
        self._come.set()

    def cut(self) -> None:
        self.whole = False
        self._come.set()

    async def pieces(self) -> AsyncGenerator[bytes]:
        while self.whole or self._pieces:
            await self._come.wait()
            self._come.clear()
            taken, self._pieces, self._bytes = b"".join(self._pieces), [], 0
            if taken:
                yield taken
