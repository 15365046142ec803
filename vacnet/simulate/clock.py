"""A virtual clock: what is to happen, in the order of its time.

Rules of this file: time moves only by `run_until`; two things at one moment happen in the order in which
they were asked for, so that a run is a pure function of its seed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

Action = Callable[[], None]


@dataclass(slots=True)
class Clock:
    """Virtual time in seconds."""

    now: float = 0.0
    _heap: list[tuple[float, int, Action]] = field(default_factory=list)
    _serial: count[int] = field(default_factory=count)

    def at(self, time: float, action: Action) -> None:
        """Have `action` done at `time`, or now if that has passed."""
        heapq.heappush(self._heap, (max(time, self.now), next(self._serial), action))

    def after(self, seconds: float, action: Action) -> None:
        """Have `action` done in so many seconds."""
        self.at(self.now + seconds, action)

    def run_until(self, time: float) -> None:
        """Let everything up to `time` happen."""
        while self._heap and self._heap[0][0] <= time:
            self.now, _, action = heapq.heappop(self._heap)
            action()
        self.now = time
