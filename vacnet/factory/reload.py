"""Edits of settings, peers and keys taken over while the factory runs.

Rules of this file: each group of files is looked at every two seconds and at SIGHUP, and read anew when
a file was edited. A bad file never stops a running factory: what was good stands, and each problem is
a warning with its file and line until the file is good again. Reading is bounded and takes a
millisecond a file, so it is done in the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vacnet.factory.notify import tell_reloading, tell_systemd
from vacnet.factory.watch import POLL_SECONDS, Watch


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are read together, and what reads them."""

    watch: Watch
    """Made before the files were first read: an edit between the two is then noticed at the first look."""
    read: Callable[[], None]


class Reloader:
    """Reads groups of files again when they were edited."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Know what is read anew when."""
        self._groups = tuple(groups)

    def look(self) -> None:
        """Read the groups of which a file was edited."""
        for group in self._groups:
            if group.watch.edited():
                group.read()

    def all(self) -> None:
        """Read every group, edited or not (SIGHUP); systemd is told."""
        tell_reloading()
        for group in self._groups:
            group.watch.edited()
            group.read()
        tell_systemd(READY=1)

    async def run(self) -> None:
        """Look every two seconds, for ever."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self.look()
