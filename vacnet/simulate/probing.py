"""Figures of probing: how many machines a space makes to learn that there is no work.

Rules of this file: real agents over the simulated network; many targets side by side, all without work, so
that hundreds of windows are seen in minutes of a space's life. Some factories have room and the others only
hold the rows, as in the gossip research 5.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vacnet.simulate.counts import Counts
from vacnet.simulate.network import Weather
from vacnet.simulate.run import Scenario, World, run
from vacnet.simulate.toys import Always
from vacnet.targets.model import Proof, Target

ROOM_PART = 0.3
"""Of the factories can start a machine."""
BACK_OFF_SECONDS = 20
TARGETS = 5
"""Side by side; with more, each look at the board costs more than the windows are worth."""
JOIN_SECONDS = 30.0
CYCLE_SECONDS = 25.0
"""Back-off, rank, claim and trial."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What was seen of a number of windows."""

    windows: int
    machines: int
    most: int
    """Machines of one window."""
    none: int
    """Windows between two others of which nobody was sent."""

    @property
    def mean(self) -> float:
        """Return machines a window."""
        return self.machines / self.windows


def probed(factories: int, windows: int, weather: Weather, seed: int = 0) -> Probed:
    """Return what at least so many windows cost."""
    names = [f"target{number}" for number in range(min(TARGETS, windows))]
    seconds = JOIN_SECONDS + CYCLE_SECONDS * (windows / len(names) + 1)
    counts = Counts()
    scenario = Scenario(
        factories=factories,
        processors=len(names),
        targets=tuple(idle_target(name) for name in names),
        behaviours=lambda: {name: Always(300) for name in names},
        weather=weather,
        faults=((0.0, _take_room),),
        seconds=seconds,
        calm_seconds=0.0,
    )
    run(scenario, seed, counts)
    return summary(counts.probes(), names)


def idle_target(name: str) -> Target:
    """Return a target whose machines prove by a file, and whose windows are short and all alike."""
    return Target(
        name=name,
        target_share=1.0,
        backoff_seconds=BACK_OFF_SECONDS,
        backoff_max_seconds=BACK_OFF_SECONDS,
        fizzle_seconds=60,
        proof=Proof.JOB_STARTED,
    )


def _take_room(world: World) -> None:
    """Leave room to some factories only."""
    for node in world.nodes[max(1, round(ROOM_PART * len(world.nodes))) :]:
        node.settings = replace(node.settings, processors=0)


def summary(probes: Counter[tuple[str, int]], names: Sequence[str]) -> Probed:
    """Count windows from the first on, but not the first of all: factories had not met when it was theirs."""
    numbers = {name: max(number for target, number in probes if target == name) for name in names}
    each = [probes[name, number] for name in names for number in range(1, numbers[name] + 1)]
    return Probed(len(each), sum(each), max(each), each.count(0))
