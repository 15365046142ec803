"""The others: what the table of a space says of one target and of free room, besides this factory.

Rules of this file: reading only. A silent factory's machines count until it is forgotten, a departed
one's for ten minutes, the tickets of either until it has been silent for `HOLD_SECONDS`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vacnet.decide.peers import HOLD_SECONDS, Peer
from vacnet.space.table import Table


@dataclass(frozen=True, slots=True)
class Neighbours:
    """All other factories' rows on one target."""

    peers: tuple[Peer, ...]
    changes_at: float
    """When silence alone next takes a ticket from a holder; infinity for never."""


def neighbours(table: Table, target: str, now: float) -> Neighbours:
    """Return who else offers `target`, and how far each one's word counts now."""
    live = {known.name for known in table.live(now)}
    peers, changes = [], math.inf
    for known in table.counted(now):
        row = known.targets.get(target)
        if row is None or row.gone or known is table.me:
            continue
        is_live = known.name in live
        frees_at = known.heard_at + HOLD_SECONDS
        if not is_live and frees_at > now:
            changes = min(changes, frees_at)
        holds = is_live or frees_at > now
        peers.append(Peer(known.name, live=is_live, holds=holds, row=row, weight=known.row.weight))
    return Neighbours(tuple(peers), changes)


def free_work(table: Table, now: float) -> float:
    """Return processors x weight free at all other live factories."""
    others = (known for known in table.live(now) if known is not table.me)
    return sum(known.row.processors_free * known.row.weight for known in others)


def processors(table: Table, now: float) -> int:
    """Return the processors of all other factories that count."""
    return sum(known.row.processors_total for known in table.counted(now) if known is not table.me)
