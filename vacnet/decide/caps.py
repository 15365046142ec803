"""Caps: how many machines of a target its own limits allow in the whole space.

Rules of this file: pure; claims count like the machines they become.
"""

from __future__ import annotations

from vacnet.decide.standing import Standing
from vacnet.targets.model import Target

NO_CAP = 1 << 30
"""More machines than any space has."""


def machines_of(standing: Standing) -> int:
    """Return the machines of a target in the whole space: those that run, that start, and those claimed."""
    return standing.machines_running + standing.machines_starting + len(standing.claims)


def machines_left(target: Target, standing: Standing, *, besides: int = 0) -> int:
    """Return how many more of the smallest machines may be; `besides`: processors not to be counted."""
    left = NO_CAP
    if target.max_machines_running:
        left = target.max_machines_running - machines_of(standing)
    if target.max_processors_running:
        free = target.max_processors_running - (standing.processors - besides)
        left = min(left, free // target.min_processors)
    return max(0, left)
