"""What takes room on this host: machines, claims, and what is kept for large targets.

Rules of this file: derived each time from what the board knows, never counted up and down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vacnet.agent.bid import Bid
from vacnet.agent.events import AgentSettings, HostFacts
from vacnet.agent.keeping import Keeping
from vacnet.agent.ledger import Ledger
from vacnet.decide.placement import Occupied, Room


def whole_room(settings: AgentSettings, facts: HostFacts) -> Room:
    """Return this host without any machine."""
    return Room(
        processors=settings.processors,
        memory_bytes=settings.memory_bytes,
        disk_bytes=settings.disk_bytes,
        gpus=settings.gpus,
        until=facts.deadline_at,
    )


@dataclass(frozen=True, slots=True)
class Rooms:
    """All targets of one factory, by name."""

    ledgers: Mapping[str, Ledger]
    bids: Mapping[str, Bid]
    keepings: Mapping[str, Keeping]

    def machines(self) -> list[Occupied]:
        """Return what unfinished machines take."""
        return [
            Occupied(ledger.target, machine.processors, machine.deadline_at)
            for ledger in self.ledgers.values()
            if ledger.machines
            for machine in ledger.unfinished()
        ]

    def occupied(self, *, besides: str) -> list[Occupied]:
        """Return what machines take, and claims and kept room of targets other than `besides`."""
        kept = [
            Occupied(bid.target, self.kept(name))
            for name, bid in self.bids.items()
            if name != besides and (bid.processors or self.keepings[name].processors)
        ]
        return [*self.machines(), *kept]

    def kept(self, name: str) -> int:
        """Return the processors of a target's claim or reservation: a claim in kept room takes that."""
        return max(self.bids[name].processors, self.keepings[name].processors)

    def kept_for(self, *, besides: str) -> tuple[str, ...]:
        """Return the other targets for which room is kept here."""
        return tuple(name for name, one in self.keepings.items() if one.processors and name != besides)
