"""Holds of a target in the whole space: nothing is made of it by anybody, until somebody lets go of it."""

from __future__ import annotations

from functools import partial

from tests.simulation.decide_space import LOSSY, board, play, target
from vacnet.agent.events import HoldOrdered
from vacnet.simulate.run import World
from vacnet.simulate.toys import Always, Queue

ARRIVAL = 3.0
"""What was chosen before the word came may still be started."""


def _say(node: int, world: World, *, held: bool) -> None:
    world.nodes[node].tell(HoldOrdered("held", held, "bad image"))


def _restart(world: World) -> None:
    world.nodes[1].crash()
    world.clock.after(5.0, world.nodes[1].boot)


def _cut(world: World) -> None:
    addresses = [node.address for node in world.nodes]
    world.network.partition(addresses[:2], addresses[2:])


def _mend(world: World) -> None:
    world.network.partition()


def test_nothing_is_made_of_a_held_target_anywhere_until_it_is_let_go_of() -> None:
    faults = (
        (60.0, partial(_say, 0, held=True)),
        (90.0, _restart),
        (120.0, _cut),
        (140.0, partial(_say, 3, held=False)),
        (200.0, _mend),
    )
    counts, world = play(
        lambda: {"held": Queue([(0.0, 10**6)], work_seconds=10), "other": Always(300)},
        (target("held", gain=2), target("other")),
        factories=4,
        processors=2,
        seconds=260.0,
        faults=faults,
        weather=LOSSY,
    )
    starts = [start for start in counts.of("held") if start.at >= 60.0 + ARRIVAL]
    assert {start.factory[:8] for start in starts if start.at < 200.0} == {"factory2", "factory3"}
    assert min(start.at for start in starts) >= 140.0
    assert {start.factory[:8] for start in starts if start.at > 205.0} == {f"factory{n}" for n in range(4)}
    assert {board(world, n).ledgers["held"].hold.number for n in range(4)} == {2}
    assert [start for start in counts.of("other") if 63.0 < start.at < 140.0]
