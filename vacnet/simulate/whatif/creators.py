"""How many machines Vac's rule makes where one probe would do: the figure by which its reproduction is held.

All factories have room, and the only machinetype has no work: each back-off ends in a race. Reckoned, of N
factories whose cycle is 60 s and a poll of p seconds, 1 + N x p / (60 + p) make one before they could know.
"""

from __future__ import annotations

from vacnet.simulate.whatif.site import Hosts, Payload, Site
from vacnet.simulate.whatif.vac3_space import Vac3Space
from vacnet.targets.model import Target

BACK_OFF_SECONDS = 240
"""Longer than it takes until all factories have seen their own machines end: then all wait for one moment."""
FIZZLE_SECONDS = 120
EMPTY_SECONDS = 30.0
"""A machine's life: longer than any poll, so that the first is still there when the last racer comes."""
STEP_SECONDS = 600.0
"""A race or two."""


def creators(factories: int, races: int, *, one_is_silent: bool = False, seed: int = 0) -> float:
    """Return how many machines a race made on average, over so many races.

    Args:
        factories: In the space, each with room.
        races: To look at.
        one_is_silent: One more factory never answers: polls take 12 s instead of 2 s.
        seed: Of everything random.
    """
    target = Target(
        name="empty", target_share=1.0, backoff_seconds=BACK_OFF_SECONDS, fizzle_seconds=FIZZLE_SECONDS
    )
    site = Site(
        name="race",
        hosts=(Hosts(name="all", processors=4, count=factories),),
        targets=(target,),
        payloads={target.name: Payload(empty_hours=((0.0, 1e9),), empty_seconds=EMPTY_SECONDS)},
    )
    space = Vac3Space(site, seed, one_is_silent=one_is_silent)
    while len(probes := space.tally.probes(target.name)) <= races:  # the last one may not be over
        space.clock.run_until(space.clock.now + STEP_SECONDS)
    return sum(probes[:races]) / races
