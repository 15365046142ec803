"""What is counted beside the agent for the metrics: ends of machines, trouble, how long decisions take.

Rules of this file: numbers that only grow, from the start of the daemon; whoever reads them knows what a
restart is. Names come from outside, so they are bounded: the target that was first heard of is
forgotten when too many have been.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

from vacnet.agent.effects import Effect, Notify
from vacnet.agent.events import Event
from vacnet.decide.reasons import Decision

NAMES_MAX = 4096
"""Target and outcome pairs; sixteen times what a factory can offer at a time."""

BOUNDS_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""A decision takes a millisecond in a small space; beyond two seconds a factory calls it a stall."""

_BAD = ".bad"
_Name = TypeVar("_Name", str, tuple[str, str])


class Tally:
    """Counts what is told to the log."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.started: Counter[str] = Counter()
        """By target."""
        self.ended: Counter[tuple[str, str]] = Counter()
        """By target and outcome."""
        self.not_made: Counter[str] = Counter()
        """By target."""
        self.bad: Counter[str] = Counter()
        """By what it is about: settings, keys, peers, pipes and so on."""
        self.stalls = 0

    def count(self, told: Notify) -> None:
        """Count one event of the log."""
        target = str(told.fields.get("target", ""))
        if told.name == "machine.started":
            _add(self.started, target)
        elif told.name == "machine.ended":
            _add(self.ended, (target, str(told.fields.get("outcome", ""))))
        elif told.name == "machine.not-made":
            _add(self.not_made, target)
        elif told.name == "loop.stalled":
            self.stalls += 1
        elif told.name.endswith(_BAD):
            _add(self.bad, told.name.removesuffix(_BAD))


def _add(counter: Counter[_Name], key: _Name) -> None:
    counter[key] += 1
    if len(counter) > NAMES_MAX:
        del counter[next(iter(counter))]


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
