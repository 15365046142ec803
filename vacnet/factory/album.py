"""The album: a picture of the space now and then, and the picture of a moment gone by for whoever asks.

Rules of this file: a picture is the answer of `/v1/space` with the machines of this factory, exactly as a
command would have got it at that moment, packed. A disk that takes none is told once and costs nothing else:
an admin loses the past and never the present. Writing is done in a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import zlib
from pathlib import Path
from typing import Protocol

import msgspec

from vacnet.factory.logs import tell
from vacnet.factory.messages.machines import Machines, MachineState
from vacnet.factory.messages.past import PastState
from vacnet.factory.messages.space import SpaceState
from vacnet.record.pictures import Kept, Pictures, interval_seconds

FILE = "pictures.db"
UNPACKED_BYTES_MAX = 64 << 20
FIRST_SECONDS = 1.0
"""After the start: by then the first peers are heard."""


class Page(msgspec.Struct, frozen=True, array_like=True):
    """What one picture holds."""

    space: SpaceState
    machines: tuple[MachineState, ...]


class Seen(Protocol):
    """Who answers for the present."""

    async def space(self) -> SpaceState:
        """Return the space."""
        ...

    async def machines(self, ended: int) -> Machines:
        """Return the machines of this factory."""
        ...


class Album:
    """Keeps pictures until it is closed."""

    def __init__(self, state_directory: Path) -> None:
        """Open the album of a state directory; on a disk at fault there is none, which is told."""
        self._pictures: Pictures | None = None
        self._task: asyncio.Task[None] | None = None
        self._told = ""
        try:
            self._pictures = Pictures(state_directory / FILE)
        except (OSError, sqlite3.Error) as error:
            self._trouble(error)

    def begin(self, seen: Seen) -> None:
        """Keep a picture of what `seen` answers, from now on."""
        self._task = asyncio.create_task(self._run(seen))

    async def close(self) -> None:
        """Keep no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        if self._pictures is not None:
            self._pictures.close()

    async def past(self, factory: str, now: float, at: float, step: int) -> PastState:
        """Return the picture kept last until `at` (Unix seconds), or so many after or before it.

        One that cannot be read, for another version of vacnet made it, has its time and nothing else.

        Raises:
            sqlite3.Error: the disk is at fault.
        """
        if self._pictures is None:
            return PastState(factory=factory, time=now, first=None)
        first, kept = await asyncio.gather(
            asyncio.to_thread(self._pictures.first), asyncio.to_thread(self._pictures.find, at, step)
        )
        if kept is None:
            return PastState(factory=factory, time=now, first=first)
        try:
            page = unpacked(kept)
        except (msgspec.MsgspecError, zlib.error):
            return PastState(factory=factory, time=now, first=first, made=kept.time)
        return PastState(
            factory=factory, time=now, first=first, made=kept.time, space=page.space, machines=page.machines
        )

    async def _run(self, seen: Seen) -> None:
        await asyncio.sleep(FIRST_SECONDS)
        while self._pictures is not None:
            size_bytes = await self._keep(self._pictures, seen)
            await asyncio.sleep(interval_seconds(size_bytes))

    async def _keep(self, pictures: Pictures, seen: Seen) -> int:
        space, machines = await seen.space(), await seen.machines(0)
        body = packed(Page(space, machines.machines))
        try:
            await asyncio.to_thread(pictures.add, space.time, body)
        except (OSError, sqlite3.Error) as error:
            self._trouble(error)
        return len(body)

    def _trouble(self, error: Exception) -> None:
        if str(error) != self._told:
            self._told = str(error)
            tell("record.no-pictures", {"why": f"{FILE}: {error}"}, warning=True)


def packed(page: Page) -> bytes:
    """Return a page as bytes to keep."""
    return zlib.compress(msgspec.msgpack.encode(page), level=1)


def unpacked(kept: Kept) -> Page:
    """Return the page that bytes were made of; one of another version of vacnet may lack what is newer.

    Raises:
        msgspec.MsgspecError, zlib.error: they are no page.
    """
    body = zlib.decompressobj().decompress(kept.body, UNPACKED_BYTES_MAX)
    return msgspec.msgpack.decode(body, type=Page)
