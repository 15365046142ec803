"""A factory at one moment: all that its metrics are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vacnet.factory.messages.machines import MachineState
from vacnet.factory.messages.space import FactoryState, SpaceState
from vacnet.factory.tally import Durations, Tally
from vacnet.record.rows import Count
from vacnet.space.counters import Counters

TOPICS = ("settings", "override", "keys", "peers", "pipes", "targets", "metrics")
"""What can be wrong with what a factory was told."""
GONE_SECONDS = 3600.0
"""So long after its last machine the counts of a target that is offered no more are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A factory at one moment."""

    space: SpaceState
    machines: Sequence[MachineState]
    """Of this factory, unfinished."""
    restricted: bool
    """Nothing may start: the settings or keys are bad."""
    record_trouble: bool
    problems: dict[str, int]
    """By topic."""
    gossip: Counters
    kernel_dropped: int
    receive_buffer_bytes: int
    broken_datagrams: int
    udp_errors: int
    counts: Sequence[Count] | None
    """Of the record; None: it could not be read since the start."""
    tally: Tally
    decisions: Durations

    @property
    def itself(self) -> FactoryState:
        """Return what this factory tells of itself."""
        return next(one for one in self.space.factories if one.itself)

    @property
    def names(self) -> list[str]:
        """Return the targets that are offered or have machines here."""
        return sorted({t.name for t in self.space.targets} | {m.target for m in self.machines})

    @property
    def counted(self) -> list[str]:
        """Return the targets whose counts are told: these and those that were until just now."""
        since = self.space.time - GONE_SECONDS
        return sorted({one.target for one in self.counts or () if one.last_wall > since}.union(self.names))
