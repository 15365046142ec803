"""Following an engine's events in a thread: an end is known within milliseconds, and nothing is polled.

Rules of this file: events are reasons to look, not the truth: the stream breaks off with the engine, and what
happened meanwhile is never told. So a connection made or lost is told too. The thread tries again with a
growing pause; it never ends before it is told to. A stream that is silent for `SILENCE_SECONDS` is opened
anew, for a connection to an engine that was frozen looks like one to an engine at rest.

Source: Docker Engine API, "Monitor events".
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vacnet.runtimes.docker.client import Client
from vacnet.runtimes.docker.container import FACTORY_LABEL, machine_of

SILENCE_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
"""An engine takes seconds to start again: later than this after it is back, nobody wants to know."""

CONNECTED = "connected"
LOST = "lost"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a container of ours, or of the stream itself (then without a machine)."""

    action: str
    """die, kill, oom, start, destroy ...; `CONNECTED`, `LOST`."""
    machine_id: str = ""
    container: str = ""
    signal: str = ""
    """Of `kill`."""
    at_wall: float = 0.0


class Events:
    """Follows the events of one factory's containers."""

    def __init__(self, client: Client, factory: str, hear: Callable[[Happening], None]) -> None:
        """Tell each happening by `hear`, on the loop that calls `follow`."""
        self._client = client
        self._factory = factory
        self._hear = hear
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._stream: Any = None

    def follow(self) -> None:
        """Begin to follow, if that has not begun."""
        if self._thread is None:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(
                target=self._follow, args=(loop,), name="docker-events", daemon=True
            )
            self._thread.start()

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._closed.is_set():
            connected = self._follow_once(loop)
            pause = FIRST_PAUSE_SECONDS if connected else min(pause * 2, LONGEST_PAUSE_SECONDS)
            if self._closed.wait(pause) or not self._tell(loop, Happening(LOST)):
                return

    def _follow_once(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Follow until the stream breaks off; tell whether there was one."""
        # Whatever breaks it off, it is broken off: why, the next look says in words.
        with suppress(Exception):
            filters = {"type": ["container"], "label": [f"{FACTORY_LABEL}={self._factory}"]}
            self._stream = self._client.open(SILENCE_SECONDS).events(decode=True, filters=filters)
            self._tell(loop, Happening(CONNECTED))
            self._read(loop, self._stream)
        was_there, self._stream = self._stream is not None, None
        return was_there

    def _read(self, loop: asyncio.AbstractEventLoop, stream: Iterable[Mapping[str, Any]]) -> None:
        for event in stream:
            happening = happening_of(event, self._factory)
            if self._closed.is_set():
                return
            if happening is not None:
                self._tell(loop, happening)

    def _tell(self, loop: asyncio.AbstractEventLoop, happening: Happening) -> bool:
        """Tell the loop; False when it is closed."""
        try:
            loop.call_soon_threadsafe(self._hear, happening)
        except RuntimeError:
            return False
        return True

    def close(self) -> None:
        """Let the thread end, without waiting for it."""
        self._closed.set()
        stream = self._stream
        if stream is not None:
            # It may break off by itself at this moment.
            with suppress(Exception):
                stream.close()


def happening_of(event: Mapping[str, Any], factory: str) -> Happening | None:
    """Return what an event tells of a container of ours; None when it is of none."""
    actor = event.get("Actor")
    attributes = actor.get("Attributes") if isinstance(actor, Mapping) else None
    if not isinstance(actor, Mapping) or not isinstance(attributes, Mapping):
        return None
    machine_id = machine_of(attributes, factory)
    if not machine_id:
        return None
    return Happening(
        action=str(event.get("Action", "")),
        machine_id=machine_id,
        container=str(actor.get("ID", "")),
        signal=str(attributes.get("signal", "")),
        at_wall=int(event.get("timeNano") or 0) / 1e9,
    )
