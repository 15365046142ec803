"""The counts of the record, as they were last read: a disk that hangs costs the metrics nothing but news.

Rules of this file: the record is asked once at a time and waited for a moment; until it answers what it told
last stands, which was right then. What was never read is not told as nothing: a counter may not go back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from vacnet.record.errors import RecordError
from vacnet.record.rows import Count

PATIENCE_SECONDS = 1.0
"""A record at work answers after the commit that is under way: milliseconds, and tenths on a slow disk."""


class Counts:
    """What was counted of machines since the record began."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[Count]]]) -> None:
        """Know nothing yet; `read` asks the record."""
        self._read = read
        self._last: Sequence[Count] | None = None
        self._asked: asyncio.Task[None] | None = None

    async def look(self) -> Sequence[Count] | None:
        """Return the counts as they are now, or as they were read last; None: they were not yet."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask())
        await asyncio.wait((self._asked,), timeout=PATIENCE_SECONDS)
        return self._last

    async def _ask(self) -> None:
        try:
            self._last = await self._read()
        except RecordError:  # a disk that cannot be read; the record says so itself
            return
