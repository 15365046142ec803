"""Reservations: room for a large target on hosts that small machines fill again as soon as some is free.

Rules of this file: pure functions of rows that all have, so that every factory comes to the same number.

Theory. A machine of eight processors never fits where single processors come free one by one and are
taken at once. So a factory may keep what comes free until one fits: a *reservation*, told as a claim of no
ticket. It idles processors, so there are few: in the whole space no more than machines are lacking of the
target's share, rounded up, and no more than could start. Those with the earliest room go first: each waits
the longer, the later its room is by the deadlines of what runs there, and whoever hears of enough
reservations makes none. Should too many be made at once, those of the smaller lots stay. Each ends with its
machine, with its author, when it is not wanted any more, and in any case after a bounded time.

Source: DESIGN section 7, "Placement". Waiting by the quality of what one offers: Nonnenmacher and Biersack
1999, as for tickets. Batch systems keep room in the same way ("backfill"): Lifka 1995.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from vacnet.decide.caps import machines_left
from vacnet.decide.growth import allowance
from vacnet.decide.shares import Contender
from vacnet.decide.standing import RESERVATION_SECONDS_MAX, Standing
from vacnet.decide.tickets import TAIL_SECONDS, draw, free_tickets, truncated_exponential
from vacnet.decide.windows import State
from vacnet.space.rows import TICKETS
from vacnet.space.window import Window
from vacnet.targets.model import Target

PATIENCE_SECONDS = 60.0
"""How long a target is starved before room is kept: longer than ranks, claims and draws take."""
FAR_SECONDS = 20.0
"""What a factory waits whose room is a day away; ten times nearer is 4 s less, long enough to be heard."""
SPREAD_EACH_SECONDS = 0.1
"""For each live factory, up to `TAIL_SECONDS`: hosts that are alike do not all begin together."""
MARGIN_SECONDS = 60.0
"""For machines to end after their deadline."""
REST_SECONDS = 600.0
"""After room was kept in vain others have their turn."""


def lack(name: str, contenders: Sequence[Contender], capacity: float) -> float:
    """Return what a target lacks of its share, its group's lack at most, in processors x weight.

    Args:
        name: Of the target; one without a share lacks nothing.
        contenders: Targets that have work as far as is known, with what their machines have.
        capacity: Processors x weight of all live factories.
    """
    total = sum(one.share for one in contenders)
    if total <= 0 or all(one.target != name for one in contenders):
        return 0.0
    lacks = {one.target: one.share / total * capacity - one.running for one in contenders}
    group = next(one.group for one in contenders if one.target == name)
    of_group = sum(lacks[one.target] for one in contenders if one.group == group)
    return max(0.0, min(lacks[name], of_group))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many factories may keep room for a target, and what that follows from."""

    target: str
    contenders: tuple[Contender, ...]
    """Targets of a share that are not in back-off, with what their machines have."""
    capacity: float
    """Processors x weight of all live factories."""
    size: float
    """Of the smallest machine, in processors x weight."""
    startable: int
    """Machines that the window lets start."""
    left: int
    """Machines that the target's own limits let start."""

    @property
    def lack(self) -> float:
        """Return what the target lacks, in processors x weight."""
        return lack(self.target, self.contenders, self.capacity)

    @property
    def allowed(self) -> int:
        """Return the machines lacking, rounded up, but no more than could start."""
        return max(0, min(math.ceil(self.lack / self.size), self.startable, self.left))


def startable(target: Target, standing: Standing, processors: int, factory: str) -> int:
    """Return how many machines the window lets start now if there were room, in a space of `processors`."""
    if standing.state is State.BACK_OFF:
        return 0
    if standing.state is State.OPEN:
        return max(0, math.ceil(allowance(target, standing, processors) - standing.unproven))
    return sum(1 for _ in free_tickets(standing, besides=factory))


def left_by_caps(target: Target, standing: Standing) -> int:
    """Return how many more machines the target's own limits allow, room kept for it not counted."""
    kept = sum(one.processors for one in standing.reservations)
    return machines_left(target, standing, besides=kept)


def stays(name: str, window: Window, factory: str, others: Iterable[str], count: int) -> bool:
    """Tell whether a reservation is among the `count` of the smallest lots."""
    own = draw(name, window, factory, TICKETS)
    return sum(draw(name, window, other, TICKETS) < own for other in others) < count


def wait_seconds(room_in: float, factories: int, rng: Random) -> float:
    """Return how long a factory waits whose room is there in `room_in` seconds at the latest."""
    near = min(max(room_in, 0.0), RESERVATION_SECONDS_MAX)
    far = FAR_SECONDS * math.log1p(near) / math.log1p(RESERVATION_SECONDS_MAX)
    spread = min(1.0, SPREAD_EACH_SECONDS * factories / TAIL_SECONDS)
    return far + spread * truncated_exponential(rng.random(), factories)


def keep_seconds(room_in: float) -> float:
    """Return how long room is kept at most."""
    return min(RESERVATION_SECONDS_MAX, max(room_in, 0.0) + MARGIN_SECONDS)
