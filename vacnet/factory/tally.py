"""What is counted beside the agent for the metrics: trouble, and how long decisions take.

Rules of this file: numbers that only grow, from the start of the daemon; whoever reads them knows what a
restart is. What must not be missed over a restart, machines and their ends, is counted in the record.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from vacnet.agent.effects import Effect, Notify
from vacnet.agent.events import Event
from vacnet.decide.reasons import Decision

BOUNDS_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""A decision takes a millisecond in a small space; beyond two seconds a factory calls it a stall."""

_BAD = ".bad"


class Tally:
    """Counts what is told to the log."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.bad: Counter[str] = Counter()
        """By what it is about: settings, keys, peers, pipes and so on."""
        self.stalls = 0

    def count(self, told: Notify) -> None:
        """Count one event of the log."""
        if told.name == "loop.stalled":
            self.stalls += 1
        elif told.name.endswith(_BAD):
            self.bad[told.name.removesuffix(_BAD)] += 1


class Durations:
    """Counts durations in classes, as Prometheus' histograms do."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._counts = [0] * (len(BOUNDS_SECONDS) + 1)
        self.sum_seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
        self.sum_seconds += seconds

    def cumulated(self) -> list[tuple[str, float]]:
        """Return for each bound (`+Inf` last) how many were not longer."""
        bounds, total, found = (*map(str, BOUNDS_SECONDS), "+Inf"), 0, []
        for bound, count in zip(bounds, self._counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class _Deciding(Protocol):
    decision: Decision

    def handle(self, event: Event, now: float) -> None: ...

    def next_timer(self) -> float: ...

    def effects(self) -> Sequence[Effect]: ...


class Timed:
    """An agent whose decisions are timed: from an event to the decision that it brought about."""

    def __init__(self, agent: _Deciding, durations: Durations) -> None:
        """Drive this agent and count there."""
        self._agent = agent
        self._durations = durations
        self.next_timer = agent.next_timer
        self.effects = agent.effects

    def handle(self, event: Event, now: float) -> None:
        """Have the agent take an event."""
        before, began = self._agent.decision, time.perf_counter()
        self._agent.handle(event, now)
        if self._agent.decision is not before:
            self._durations.add(time.perf_counter() - began)
