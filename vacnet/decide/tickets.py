"""Tickets: which factory takes which, without asking anybody.

Rules of this file: pure functions of the window, the candidates and the claims; equal inputs give
equal ranks on every factory.

Theory. Rendezvous hashing (Thaler and Ravishankar 1998): every factory computes the same order of
candidates for every ticket, exact where their views agree, slightly off where they do not. The first
in rank claims at once, the k-th after k x 2 s, so that a dead first costs two seconds and not the
probe; beyond rank 8 a truncated exponential timer in 10 s (Nonnenmacher and Biersack 1999) keeps
thousands from claiming together. A claim waits longer than a datagram needs there and back, and the
better hash wins: with delivery within half the wait, at most one machine a ticket (the proof is in
the protocol's SPEC).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from random import Random

from vacnet.decide.standing import Standing
from vacnet.space.rows import TICKETS
from vacnet.space.window import Window

LOOK_AT = 8
"""Only the lowest free tickets are looked at: enough for all to be busy, cheap enough for 1,000."""

RANKS_IN_TURN = 8
RANK_SECONDS = 2.0
TAIL_SECONDS = 10.0

LOOK_EACH_SECONDS = 0.01
"""For each rival: several times what passing a claim on takes where the rivals share a host."""
LOOK_SECONDS_MAX = 1.0

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Turn:
    """The ticket a factory should take, and its rank among the candidates for it."""

    ticket: int
    rank: int


@lru_cache(maxsize=65536)
def _base(target: str, number: int, opener: str, factory: str) -> int:
    key = f"{target}\0{number}\0{opener}\0{factory}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8, person=b"vacnet-rank").digest(), "big")


def draw(target: str, window: Window, factory: str, ticket: int) -> int:
    """Return a factory's lot for a ticket, 64 bits: the smaller is the better claim."""
    return _mix(_base(target, window.number, window.opener, factory), ticket)


def _mix(base: int, ticket: int) -> int:
    """Return a lot by one hash a factory: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    z = (base + (ticket + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def free_tickets(standing: Standing, *, besides: str = "") -> Iterator[int]:
    """Yield tickets that are out, in nobody's bits and under no live claim, lowest first.

    Claims of `besides` do not count: a factory's own claim is no obstacle to it.
    """
    claimed = {claim.ticket for claim in standing.claims if claim.factory != besides}
    for ticket in range(standing.available):
        if not standing.taken >> ticket & 1 and ticket not in claimed:
            yield ticket


def turn_of(target: str, standing: Standing, factory: str) -> Turn | None:
    """Return the ticket for which `factory` ranks best, or None when no ticket is free.

    Tickets are looked at in the order of its own lots: the best of them most likely has the best rank, and
    of the others it is enough to count until they have a worse one.
    """
    number, opener = standing.window.identity
    own = _base(target, number, opener, factory)
    free = list(islice(free_tickets(standing, besides=factory), LOOK_AT))
    if not free:
        return None
    rivals = [_base(target, number, opener, name) for name in standing.candidates if name != factory]
    best = Turn(TICKETS, len(rivals) + 1)
    for lot, ticket in sorted((_mix(own, ticket), ticket) for ticket in free):
        rank = _rank(rivals, ticket, lot, best.rank)
        best = min(best, Turn(ticket, rank), key=lambda turn: (turn.rank, turn.ticket))
    return best


def _rank(rivals: Iterable[int], ticket: int, lot: int, enough: int) -> int:
    """Return how many rivals have a smaller lot; not counted beyond `enough`."""
    rank = 0
    for rival in rivals:
        if _mix(rival, ticket) < lot:
            rank += 1
            if rank > enough:
                break
    return rank


def wait_seconds(rank: int, rng: Random) -> float:
    """Return how long a factory of this rank waits before it claims."""
    if rank < RANKS_IN_TURN:
        return rank * RANK_SECONDS
    return RANKS_IN_TURN * RANK_SECONDS + truncated_exponential(rng.random(), rank)


def look_seconds(target: str, window: Window, factory: str, rivals: int) -> float:
    """Return how long after a window's end a factory looks at it: by its lot for the first ticket.

    All know the same end, and would all look at the same moment to find that one of them is first. The first
    has the smallest lot: it looks after about `LOOK_EACH_SECONDS`, and its claim is on its way before the
    others look, who have to wait for their rank in any case.
    """
    spread = min(LOOK_SECONDS_MAX, LOOK_EACH_SECONDS * rivals)
    return spread * draw(target, window, factory, 0) / (_MASK + 1)


def truncated_exponential(uniform: float, rivals: int) -> float:
    """Return a time in 0..TAIL_SECONDS, early ones rare: few go first and silence the others."""
    steepness = math.log(rivals + math.e)
    return TAIL_SECONDS * math.log1p(uniform * math.expm1(steepness)) / steepness


def must_yield(target: str, window: Window, factory: str, ticket: int, standing: Standing) -> bool:
    """Tell whether a claim has to give way: its ticket is taken, or a better claim is live."""
    if standing.taken >> ticket & 1:
        return True
    own = draw(target, window, factory, ticket)
    return any(
        draw(target, window, claim.factory, ticket) < own
        for claim in standing.claims
        if claim.ticket == ticket and claim.factory != factory
    )


def first_claimant(target: str, standing: Standing) -> str:
    """Return who is to take the lowest free ticket first, empty without a candidate: for people."""
    ticket = next(free_tickets(standing), None)
    if ticket is None or not standing.candidates:
        return ""
    return min(standing.candidates, key=lambda name: draw(target, standing.window, name, ticket))
