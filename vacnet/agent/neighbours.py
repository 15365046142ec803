"""The others: what the table of a space says of targets and of free room, besides this factory.

Rules of this file: reading only. A silent factory's machines count until it is forgotten, a departed
one's for ten minutes, the tickets of either until it has been silent for `HOLD_SECONDS`. Who is there is
found once for each look at the board, not once for each target.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vacnet.decide.peers import HOLD_SECONDS, Peer
from vacnet.decide.shares import free_soon
from vacnet.space.kept import of_all
from vacnet.space.limits import DEPARTED_COUNTED_SECONDS, FORGET_SECONDS
from vacnet.space.table import Known, Liveness, Table


class Neighbour(msgspec.Struct, frozen=True, gc=False):
    """Another factory whose machines count, and how far its word does; a Struct, as `Peer` is."""

    known: Known
    live: bool
    holds: bool

    def peer(self, target: str) -> Peer | None:
        """Return it with its row of a target; None if it does not offer it."""
        row = self.known.targets.find(target)
        if row is None or row.gone:
            return None
        return Peer(self.known.name, self.live, self.holds, row, self.known.row.weight)

    def stands_as(self, before: Peer) -> bool:
        """Tell whether what it said before still stands word for word."""
        row = self.known.targets.find(before.row.target)
        same = row is before.row and self.known.row.weight == before.weight
        return same and (self.live, self.holds) == (before.live, before.holds)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """All other factories that count now."""

    all: tuple[Neighbour, ...]
    changes_at: float
    """When silence alone next takes tickets from a holder, or the holder itself; infinity for never."""
    by_name: Mapping[str, Neighbour]

    @property
    def live(self) -> int:
        """Return how many are live."""
        return sum(one.live for one in self.all)

    def peers(self, target: str) -> list[Peer]:
        """Return those that offer a target, with their rows."""
        rows = of_all([one.known.targets for one in self.all], target)
        return [
            Peer(one.known.name, one.live, one.holds, row, one.known.row.weight)
            for one, row in zip(self.all, rows, strict=True)
            if row is not None and not row.gone
        ]

    def peer(self, factory: str, target: str) -> Peer | None:
        """Return one of them with its row; None if it does not offer the target or does not count."""
        one = self.by_name.get(factory)
        return one.peer(target) if one else None

    def free_work(self, size: int) -> float:
        """Return processors x weight free soon at all that are live, for machines of `size` processors."""
        rows = [one.known.row for one in self.all if one.live]
        return sum(free_soon(row.processors_free, size) * row.weight for row in rows)

    def capacity(self) -> float:
        """Return processors x weight of all that are live."""
        rows = [one.known.row for one in self.all if one.live]
        return sum(row.processors_total * row.weight for row in rows)

    def processors(self) -> int:
        """Return the processors of all that count."""
        return sum(one.known.row.processors_total for one in self.all)


def neighbours(table: Table, now: float) -> Neighbours:
    """Return who else is there."""
    counted = [known for known in table.counted(now) if known is not table.me]
    found = [_neighbour(known, now) for known in counted]
    by_name = {one.known.name: one for one in found}
    return Neighbours(tuple(found), _changes_at(found, now), by_name)


def _neighbour(known: Known, now: float) -> Neighbour:
    live = known.liveness(now) is Liveness.LIVE
    return Neighbour(known, live, holds=live or known.heard_at + HOLD_SECONDS > now)


def _changes_at(found: Sequence[Neighbour], now: float) -> float:
    ends = (end for one in found if not one.live for end in _ends(one.known))
    return min((end for end in ends if end > now), default=math.inf)


def _ends(known: Known) -> tuple[float, float]:
    """Return when a factory that is not live loses its tickets, and when it no longer counts at all."""
    if known.departed_at is not None:
        return known.heard_at + HOLD_SECONDS, known.departed_at + DEPARTED_COUNTED_SECONDS
    return known.heard_at + HOLD_SECONDS, known.heard_at + FORGET_SECONDS
