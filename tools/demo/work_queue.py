"""A queue of work with leases: a tile whose taker does not hand it in comes back.

Rules of this file: pure, time comes in as `now` (seconds of any steady clock). A machine that ever got
work is a taker: that is what the records of the factories must agree with in the end. The first result
of a tile counts; a late one, after its lease had ended and another had done the tile, is told apart.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

LEASE_SECONDS = 30.0
"""A tile takes two seconds; on a host with many machines to a core, several times that."""


class WorkQueue:
    """Tiles waiting, leased and done, and who took how many."""

    def __init__(self) -> None:
        """Begin empty."""
        self.takers: Counter[str] = Counter()
        """Machine -> tiles it was given."""
        self.turned_away: Counter[str] = Counter()
        """Machine -> times it asked when nothing waited."""
        self.done: set[int] = set()
        self._waiting: deque[int] = deque()
        self._leases: dict[int, float] = {}

    @property
    def waiting(self) -> int:
        """Return how many tiles wait for a taker."""
        return len(self._waiting)

    @property
    def leased(self) -> int:
        """Return how many tiles are being rendered."""
        return len(self._leases)

    @property
    def drained(self) -> bool:
        """Tell whether all that was ever added is done."""
        return not self._waiting and not self._leases

    def add(self, tiles: Iterable[int]) -> None:
        """Add work."""
        self._waiting.extend(tiles)

    def take(self, machine: str, now: float) -> int | None:
        """Give a machine the next tile; None when nothing waits."""
        self._take_back(now)
        if not self._waiting:
            self.turned_away[machine] += 1
            return None
        tile = self._waiting.popleft()
        self._leases[tile] = now + LEASE_SECONDS
        self.takers[machine] += 1
        return tile

    def finish(self, tile: int) -> bool:
        """Note a result; False when the tile was done already."""
        if tile in self.done:
            return False
        self.done.add(tile)
        self._leases.pop(tile, None)
        if tile in self._waiting:
            self._waiting.remove(tile)
        return True

    def _take_back(self, now: float) -> None:
        """Let tiles whose lease has ended wait again, before all others."""
        for tile in [tile for tile, until in self._leases.items() if until <= now]:
            del self._leases[tile]
            self._waiting.appendleft(tile)
