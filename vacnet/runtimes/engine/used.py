"""Whether a factory has anything to do with an engine at all.

Rules of this file: a factory that never had machines on an engine asks it nothing: it is not loaded, and its
absence is no news. What wakes a runtime is a target that needs it, a start, or the mark that an earlier life
of the factory left in its state directory.
"""

from __future__ import annotations

import asyncio
from pathlib import Path


class Used:
    """The mark of one engine, and what waits for it."""

    def __init__(self, mark: Path) -> None:
        """Look whether an earlier life has left its mark."""
        self._mark = mark
        self._marked = mark.exists()
        self._awake = asyncio.Event()
        if self._marked:
            self._awake.set()

    @property
    def awake(self) -> bool:
        """Tell whether the engine is to be asked."""
        return self._awake.is_set()

    def wake(self) -> None:
        """Ask the engine from now on, in this life."""
        self._awake.set()

    def leave_mark(self) -> None:
        """Ask it from now on, and in every later life.

        Raises:
            OSError: the state directory cannot be written.
        """
        if not self._marked:
            self._mark.touch()
            self._marked = True
        self._awake.set()

    async def wait(self) -> None:
        """Return when the engine is to be asked."""
        await self._awake.wait()
