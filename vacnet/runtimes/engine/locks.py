"""One thing at a time to each machine: its start, its stop and its removal wait for one another.

Rules of this file: a lock lives as long as somebody holds it or waits for it, so nobody has to forget it, and
there are never two for one machine.
"""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Locks:
    """A lock for each machine to which something is done."""

    def __init__(self) -> None:
        """Begin with none."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, machine_id: str) -> asyncio.Lock:
        """Return the lock of a machine."""
        return self._locks.setdefault(machine_id, asyncio.Lock())
