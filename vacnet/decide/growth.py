"""Open targets: how fast machines are added where tickets no longer count them.

Rules of this file: pure. Unproven machines of the whole space are held to an allowance that grows with
what is proven, so that work which stops costs a bounded number of machines; each candidate draws once
a second, with a chance that makes the space as a whole fill the allowance and not more.
"""

from __future__ import annotations

from vacnet.decide.standing import Standing
from vacnet.targets.model import Target

ALLOWANCE_MIN = 4
ALLOWANCE_PART = 0.05
"""Of the space's processors."""
DRAW_SECONDS = 1.0
"""Longer than a datagram needs, so that each draw knows the result of the last."""


def allowance(target: Target, standing: Standing, processors: int) -> float:
    """Return how many unproven machines an open target may have in a space of `processors`."""
    return max(ALLOWANCE_MIN, ALLOWANCE_PART * processors, target.gain * standing.proven_running)


def chance(target: Target, standing: Standing, processors: int) -> float:
    """Return the chance of one candidate's draw, 0 to 1."""
    room = allowance(target, standing, processors) - standing.unproven
    return min(1.0, max(0.0, room / max(1, len(standing.candidates))))
