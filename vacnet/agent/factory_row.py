"""The row a factory writes about itself.

Rules of this file: numbers that people read (load, free memory and disk) are told only when they have
moved by a quarter and half a minute has passed, or when something else changes and the row is sent anyway;
otherwise a space at rest would gossip about its load.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vacnet.agent import rules
from vacnet.agent.events import AgentSettings, HostFacts
from vacnet.agent.host import Host
from vacnet.space.rows import FactoryRow, Flags

TOLD_EVERY_SECONDS = 30.0
MOVED_BY = 0.25
UNMEASURED = HostFacts()
"""What a factory holds before its shell has measured anything: told no longer than it must be."""


@dataclass(slots=True)
class FactoryRows:
    """Makes the row, and remembers which measured numbers were told last."""

    instance: bytes
    told: HostFacts | None = None
    told_at: float = 0.0
    last: FactoryRow | None = None

    def first(self, settings: AgentSettings) -> FactoryRow:
        """Return the row of a factory that has measured nothing yet."""
        return FactoryRow(
            name=settings.factory,
            advertise=settings.advertise,
            instance=self.instance,
            processors_total=settings.processors,
            processors_free=settings.processors,
            weight=settings.weight,
            rule_version=rules.newest(),
            settings_digest=settings.settings_digest,
            software_version=settings.software_version,
        )

    def current(
        self, settings: AgentSettings, host: Host, free: int, now: float, *, suspect: bool = False
    ) -> FactoryRow:
        """Return the row as it is now; `free` in processors, `suspect` where the factory suspects itself."""
        row = replace(
            self.first(settings),
            processors_free=max(0, free),
            flags=host.flags() | (Flags.SUSPECT if suspect else Flags.NONE),
            deadline_at=host.facts.deadline_at,
        )
        self.last = self._as_told(row, host.facts, now)
        return self.last

    def _as_told(self, row: FactoryRow, facts: HostFacts, now: float) -> FactoryRow:
        """Return the row with measured numbers: those of now if it is sent anyway."""
        measured = _measured(row, self._numbers(facts, now))
        if measured == self.last:
            return measured
        self.told, self.told_at = facts, now
        return _measured(row, facts)

    def _numbers(self, facts: HostFacts, now: float) -> HostFacts:
        due = now - self.told_at >= TOLD_EVERY_SECONDS
        if self.told is None or self.told == UNMEASURED or (due and _moved(self.told, facts)):
            self.told, self.told_at = facts, now
        return self.told


def _measured(row: FactoryRow, facts: HostFacts) -> FactoryRow:
    return replace(
        row,
        load=facts.load,
        memory_free_bytes=facts.memory_free_bytes,
        disk_free_bytes=facts.disk_free_bytes,
    )


def _moved(before: HostFacts, after: HostFacts) -> bool:
    pairs = (
        (before.load, after.load),
        (before.memory_free_bytes, after.memory_free_bytes),
        (before.disk_free_bytes, after.disk_free_bytes),
    )
    return any(abs(new - old) > MOVED_BY * max(abs(old), 1.0) for old, new in pairs)
