"""Vac 3's rule of poll and race: whom it would make next, and where it fits. Pure.

Written from its description (cycle, score, eligibility, superslots), not from its code, with the faults that
follow from it, for they are what a comparison is about:

- Each machinetype has a score, what runs of it divided by its share, and so has each group: the *sum* of the
  scores of its members, so that a group of k equal members gets 1/k of its due. The least score comes first.
- One abort (any code of 300 or more) anywhere keeps a machinetype off the whole space for `backoff_seconds`,
  and while any machine of it is younger than `fizzle_seconds`, for that much longer. No success clears it.
- Of each factory only the machine that was made last counts, of those that have ended.

Deviations: an abort is never in the future, for all clocks here are right; the load of hosts, drains and
deadlines of hosts are not simulated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from vacnet.targets.model import Target

ABORTS_FROM = 300
"""Codes from here on are aborts, without an upper bound."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a poll found of one machinetype, over all answers."""

    running: float = 0.0
    """Processors of running and starting machines, each worth what its factory says."""
    young: bool = False
    """Whether one of them has not lived for `fizzle_seconds` yet."""
    aborted_at: float | None = None


def order(targets: Sequence[Target], seen: Mapping[str, Seen], now: float, rng: Random) -> list[Target]:
    """Return the machinetypes that may be made now, the most starved first."""
    shared = [target for target in targets if target.target_share > 0]
    scores = {target.name: seen[target.name].running / target.target_share for target in shared}
    groups: dict[str, float] = {}
    for target in shared:
        group = target.group or target.name
        groups[group] = groups.get(group, 0.0) + scores[target.name]
    may = [target for target in shared if is_eligible(target, seen[target.name], now)]
    return sorted(may, key=lambda t: (groups[t.group or t.name], scores[t.name], rng.random()))


def is_eligible(target: Target, seen: Seen, now: float) -> bool:
    """Tell whether the last abort is long enough ago."""
    if seen.aborted_at is None:
        return True
    wait = target.backoff_seconds + target.fizzle_seconds * seen.young
    return seen.aborted_at < now - wait


@dataclass(frozen=True, slots=True)
class Placed:
    """What a factory makes: one machine at most in each cycle."""

    target: Target
    processors: int
    deadline_at: float


def place(
    eligible: Sequence[Target], slots: Mapping[float, int], free: int, superslot: int, now: float
) -> Placed | None:
    """Return the machine that is made of the first machinetype that fits.

    Args:
        eligible: The most starved first.
        slots: Processors of unfinished machines by their deadline: those of one deadline are a superslot.
        free: Processors that no machine has.
        superslot: Processors of a full one, and of the largest machine.
        now: Seconds.
    """
    for deadline, processors in sorted(slots.items()):
        missing = -processors % superslot
        room = min(free, missing)
        free -= room
        for target in eligible if room else ():
            in_time = target.min_wallclock_seconds <= deadline - now <= target.max_wallclock_seconds
            if in_time and room >= target.min_processors:
                return Placed(target, min(room, target.max_processors), deadline)
    room = min(free, superslot)
    for target in eligible:
        if room >= target.min_processors:
            return Placed(target, min(room, target.max_processors), now + target.max_wallclock_seconds)
    return None
