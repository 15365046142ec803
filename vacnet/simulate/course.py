"""The course of a run: a plan carried out over a space, then calm, with every promise watched on the way.

Rules of this file: `run(plan)` is a pure function. Faults come first, then calm: good weather, no cut,
everybody up, nothing written; then there are two beats and ten seconds until all tables have to be the
same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from vacnet.simulate import faults
from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.network import Weather
from vacnet.simulate.plan import Plan
from vacnet.simulate.storm import Guard, Storm
from vacnet.space.limits import LIVE_BEATS, beat_seconds

STEP_SECONDS = 0.25
CALM_SECONDS = 10.0
"""And two beats: how long tables may differ after the last fault."""
SHORTEST_SECONDS = 60.0
"""Of chaos, when a plan is narrowed."""
TWIN_SECONDS = 16.0
"""Until who was told of a twin again and again asks once more: the wait doubles with each jump."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run was."""

    plan: Plan
    did: Counter[str]
    """How often each fault took effect."""
    datagrams: int
    healed_seconds: float
    """Of calm, until all tables were the same."""


def carry_out(storm: Storm) -> Report:
    """Run a storm's plan to its end.

    Raises:
        BrokenPromiseError: a promise was broken.
    """
    rng, plan = storm.plan.rng("starts"), storm.plan
    for node in storm.nodes:
        storm.clock.after(rng.uniform(0.0, 1.0), node.boot)
    faults.schedule(storm)
    storm.look()
    storm.clock.run_until(plan.seconds)
    _end_faults(storm)
    healed = _heal(storm)
    for guard in storm.guards:
        guard.finish(storm)
    storm.did["delay"] = int("delay" in plan.faults)
    return Report(plan, storm.did + storm.network.did, storm.network.sent, healed)


def _end_faults(storm: Storm) -> None:
    """Let it be calm: nothing scheduled by a fault acts from here on."""
    storm.calm = True
    storm.network.weather = Weather()
    storm.network.partition()
    faults.end(storm)


def _heal(storm: Storm) -> float:
    """Wait until all tables are the same, and return how long that took.

    Raises:
        BrokenPromiseError: it took more than two beats and ten seconds, counted from when the last
            twin can have been found silent.
    """
    clock, beat = storm.clock, beat_seconds(len(storm.names))
    began = clock.now
    within = 2 * beat + CALM_SECONDS + (LIVE_BEATS * beat + TWIN_SECONDS if storm.twinned else 0.0)
    while clock.now - began < within:
        clock.run_until(clock.now + STEP_SECONDS)
        if storm.same():
            return clock.now - began
    raise BrokenPromiseError(f"tables differ {within:g} s into the calm: {storm.differing()}")


def run(plan: Plan, guards: Callable[[], Sequence[Guard]]) -> Report:
    """Carry out a plan under fresh guards.

    Raises:
        BrokenPromiseError: a promise was broken; the message ends with the command that replays it.
    """
    storm = Storm(plan, guards())
    try:
        return carry_out(storm)
    except BrokenPromiseError as broken:
        at = f"at {storm.clock.now:.1f} s of"
        raise BrokenPromiseError(f"{broken}\n{at} {plan.command()}") from broken


def narrower(plan: Plan) -> Iterator[Plan]:
    """Yield plans that ask for less: fewer factories, fewer faults, less time."""
    for factories in (3, plan.factories // 4, plan.factories // 2):
        if 3 <= factories < plan.factories:  # noqa: PLR2004 (the fewest a space is drawn with)
            yield replace(plan, factories=factories)
    for kind in sorted(plan.faults):
        yield replace(plan, faults=plan.faults - {kind})
    for seconds in (SHORTEST_SECONDS, plan.seconds / 2):
        if SHORTEST_SECONDS <= seconds < plan.seconds:
            yield replace(plan, seconds=math.ceil(seconds))
