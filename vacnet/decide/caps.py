"""Caps: how many machines of a target its own limits allow in the whole space, and who starts the last.

Rules of this file: pure; equal rows give equal answers on every factory.

Theory. Two factories that see one machine missing must not both start it. The claim tells: whoever claims
counts the claims that stand ahead of its own, of lower tickets and of smaller lots for the same, so that of
all claims the first ones stay, as many as the cap leaves. Where claims arrive within half their wait, that
holds the cap exactly. An open target has no tickets, so one that has a cap is claimed all the same (its
claims are on `OPEN_CLAIM`, ordered by their lots).

Where rows do not arrive (a partition), each side fills what the cap left when it was cut off.
"""

from __future__ import annotations

from collections.abc import Iterable

from vacnet.decide.standing import Claim, Standing
from vacnet.decide.tickets import draw
from vacnet.space.rows import NO_CLAIM
from vacnet.targets.model import Target

NO_CAP = 1 << 30
"""More machines than any space has."""
OPEN_CLAIM = 0
"""What is claimed of an open target, which has no tickets."""


def ahead(name: str, standing: Standing, factory: str, ticket: int) -> tuple[Claim, ...]:
    """Return the claims that count before one of `factory`; with no claim of its own, all."""
    others = (claim for claim in standing.claims if claim.factory != factory)
    if ticket == NO_CLAIM:
        return tuple(others)
    own = (ticket, draw(name, standing.window, factory, ticket))
    return tuple(one for one in others if (one.ticket, _lot(name, standing, one)) < own)


def _lot(name: str, standing: Standing, claim: Claim) -> int:
    return draw(name, standing.window, claim.factory, claim.ticket)


def machines_left(
    target: Target, standing: Standing, claims: Iterable[Claim] | None = None, *, besides: int = 0
) -> int:
    """Return how many more machines the target's limits allow.

    Args:
        target: Whose limits.
        standing: What there is.
        claims: Those that count; None: all.
        besides: Processors not to be counted.
    """
    counted = standing.claims if claims is None else tuple(claims)
    left = NO_CAP
    if target.max_machines_running:
        machines = standing.machines_running + standing.machines_starting
        left = target.max_machines_running - machines - len(counted)
    if target.max_processors_running:
        free = processors_left(target, standing, counted) + besides
        left = min(left, max(free // target.max_processors, int(free >= target.min_processors)))
    return max(0, left)


def processors_left(target: Target, standing: Standing, claims: Iterable[Claim]) -> int:
    """Return the processors that the target's limit leaves, these claims counted; below 0: too many."""
    if not target.max_processors_running:
        return NO_CAP
    uncounted = sum(one.processors for one in standing.claims) - sum(one.processors for one in claims)
    return target.max_processors_running - standing.processors + uncounted


def is_capped(target: Target) -> bool:
    """Tell whether a target has a limit in the whole space, so that every start of it is claimed."""
    return bool(target.max_machines_running or target.max_processors_running)
