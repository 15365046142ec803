"""A virtual clock: what is to happen, in the order of its time.

Rules of this file: time moves only by `run_until`; two things at one moment happen in the order in which
they were asked for, so that a run is a pure function of its seed. An action stands in the heap with its
arguments, because a closure for each datagram would cost as much as the heap.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Action = Callable[..., None]


@dataclass(slots=True)
class Clock:
    """Virtual time in seconds."""

    now: float = 0.0
    _heap: list[tuple[float, int, Action, tuple[Any, ...]]] = field(default_factory=list)
    _serial: count[int] = field(default_factory=count)

    def at(self, time: float, action: Action, *arguments: Any) -> None:
        """Have `action` done at `time`, or now if that has passed."""
        heapq.heappush(self._heap, (max(time, self.now), next(self._serial), action, arguments))

    def after(self, seconds: float, action: Action, *arguments: Any) -> None:
        """Have `action` done in so many seconds."""
        heapq.heappush(self._heap, (self.now + seconds, next(self._serial), action, arguments))

    def run_until(self, time: float) -> None:
        """Let everything up to `time` happen."""
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= time:
            self.now, _, action, arguments = pop(heap)
            action(*arguments)
        self.now = time
