"""Watching keepers by pidfd: an end is known within a millisecond, without polling.

Rules of this file: a pidfd becomes readable when its process ends (pidfd_open(2)); it is compared
with the start time after opening, so a number that was used again is never watched. A keeper that
is gone already is reported at once.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import cast

from vacnet.runtimes.process import proc, seen


class Watch:
    """The keepers that run, each with an event that is set when it has ended."""

    def __init__(self) -> None:
        """Watch nobody yet."""
        self._ended: asyncio.Queue[str] = asyncio.Queue()
        self._watched: dict[str, tuple[int, asyncio.Event]] = {}

    def add(self, folder: seen.Folder) -> asyncio.Event:
        """Watch a machine's keeper; the same event comes back as long as it runs."""
        machine = folder.plan["machine"]
        if machine in self._watched:
            return self._watched[machine][1]
        event, keeper = asyncio.Event(), folder.keeper or {}
        handle = proc.open_process(cast("int", keeper.get("pid", 0)), cast("int", keeper.get("start", 0)))
        if handle is None:
            event.set()
            self._ended.put_nowait(machine)
            return event
        self._watched[machine] = (handle, event)
        asyncio.get_running_loop().add_reader(handle, self._end, machine)
        return event

    def _end(self, machine: str) -> None:
        handle, event = self._watched.pop(machine)
        asyncio.get_running_loop().remove_reader(handle)
        os.close(handle)
        event.set()
        self._ended.put_nowait(machine)

    async def changes(self) -> AsyncIterator[str]:
        """Yield machine ids as their keepers end."""
        while True:
            yield await self._ended.get()

    def close(self) -> None:
        """Stop watching."""
        for handle, _ in self._watched.values():
            asyncio.get_running_loop().remove_reader(handle)
            os.close(handle)
        self._watched.clear()
