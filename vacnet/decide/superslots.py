"""Superslots: groups of machines on one host that share a deadline: many processors come free together.

Rules of this file: pure arithmetic over the deadlines of what runs here.

Theory. Machines of one deadline, `processors_per_superslot` processors together, are a superslot. As long
as some of its processors have no machine, what is free here is first of it: a machine that fits before
its deadline joins it and ends with it; one that needs longer may not have them, for it would be what stays
when all others are gone. Only what is free beyond that begins a new superslot. So a host has at most as many
deadlines as superslots, and at each of them all processors of one come free.

Deviation from Vac 3, whose form this has: a superslot of 1, the default, limits no machine to one processor,
and a machine that needs more than a superslot is made all the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vacnet.decide.placement import Occupied, Room, deadline_at, fits
from vacnet.targets.model import Target


@dataclass(frozen=True, slots=True)
class Superslot:
    """One that is not full."""

    deadline_at: float
    processors: int
    """That it lacks."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where on this host a machine of a target would go, and until when."""

    room: Room
    deadline_at: float


def superslots(machines: Iterable[Occupied], size: int) -> tuple[Superslot, ...]:
    """Return the superslots of `size` processors that are not full, in the order of their ends."""
    taken: Counter[float] = Counter()
    for one in machines:
        taken[one.ends_at] += one.processors
    lacking = ((at, -count % size) for at, count in sorted(taken.items()) if math.isfinite(at))
    return tuple(Superslot(at, lacks) for at, lacks in lacking if lacks)


def spot(target: Target, room: Room, lacking: Sequence[Superslot], size: int, now: float) -> Spot:
    """Return where in `room` a machine goes: into the first superslot that takes it, else a new one."""
    free = room.processors
    for one in lacking:
        part = replace(room, processors=min(free, one.processors))
        free -= max(0, part.processors)
        if _has_time(target, one.deadline_at - now) and fits(target, part):
            return Spot(part, one.deadline_at)
    whole = size if size > 1 and target.min_processors <= size else free
    return Spot(replace(room, processors=min(free, whole)), deadline_at(target, room, now))


def _has_time(target: Target, seconds: float) -> bool:
    return target.min_wallclock_seconds <= seconds <= target.max_wallclock_seconds
