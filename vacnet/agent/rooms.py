"""Rooms: what is free on this host and what is taken: machines, claims, and what is kept for large targets.

Rules of this file: derived each time from what the ledgers, bids and keepings say, never counted up and
down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vacnet.agent.bid import Bid
from vacnet.agent.events import AgentSettings, HostFacts
from vacnet.agent.keeping import Keeping
from vacnet.agent.ledger import Ledger
from vacnet.decide.placement import Occupied, Room, deadline_at, room_at, without
from vacnet.decide.superslots import Spot, Superslot, spot, superslots


@dataclass(slots=True)
class Rooms:
    """One host, and all targets of its factory by name."""

    settings: AgentSettings
    ledgers: Mapping[str, Ledger]
    bids: Mapping[str, Bid]
    keepings: Mapping[str, Keeping]
    facts: HostFacts = field(default_factory=HostFacts)

    # --- what is taken ----------------------------------------------------------------------------------

    def machines(self) -> list[Occupied]:
        """Return what unfinished machines take."""
        return [
            Occupied(ledger.target, machine.processors, machine.deadline_at)
            for ledger in self.ledgers.values()
            if ledger.machines
            for machine in ledger.unfinished()
        ]

    def processors_running(self) -> int:
        """Return the processors of unfinished machines."""
        return sum(m.processors for ledger in self.ledgers.values() for m in ledger.unfinished())

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

    # --- what is free -----------------------------------------------------------------------------------

    def whole(self) -> Room:
        """Return this host without any machine."""
        return Room(
            processors=self.settings.processors,
            memory_bytes=self.settings.memory_bytes,
            disk_bytes=self.settings.disk_bytes,
            gpus=self.settings.gpus,
            until=self.facts.deadline_at,
        )

    def free(self, *, besides: str = "") -> Room:
        """Return what is free of processors, memory, disk and GPUs; the claim of `besides` counts as free."""
        return without(self.whole(), self.occupied(besides=besides))

    def unkept(self) -> Room:
        """Return what would be free if no room were kept and nothing claimed."""
        return without(self.whole(), self.machines())

    def free_in(self, name: str, now: float) -> float | None:
        """Return in how many seconds a machine of a target fits at the latest; None: never."""
        at = room_at(self.ledgers[name].target, self.whole(), self.occupied(besides=name), now)
        return None if at is None else at - now

    def spot(self, name: str, room: Room, now: float) -> Spot:
        """Return where in `room` a machine of a target goes."""
        size = self.settings.processors_per_superslot
        return spot(self.ledgers[name].target, room, self.lacking(), size, now)

    def lacking(self) -> tuple[Superslot, ...]:
        """Return the superslots that are not full; there are none of one processor."""
        size = self.settings.processors_per_superslot
        return superslots(self.machines(), size) if size > 1 else ()

    def until(self, name: str, given: int, now: float) -> float:
        """Return the deadline of a machine of so many processors, that of a superslot which it fits in."""
        found = self.spot(name, self.free(besides=name), now)
        if found.room.processors >= given:
            return found.deadline_at
        return deadline_at(self.ledgers[name].target, self.whole(), now)
