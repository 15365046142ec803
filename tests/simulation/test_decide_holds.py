"""Holds of a target in the whole space: nothing is made of it by anybody, until somebody lets go of it."""

from __future__ import annotations

from functools import partial

import pytest

from tests.simulation.decide_space import LOSSY, board, play, target
from vacnet.agent.events import HoldOrdered
from vacnet.agent.others import Others
from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.counts import Counts
from vacnet.simulate.run import World
from vacnet.simulate.toys import Always, Queue

Patch = pytest.MonkeyPatch
HELD_AT, RELEASED_AT, MENDED_AT = 60.0, 140.0, 200.0
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


def _scenario() -> tuple[Counts, World]:
    """Run a space in which one side of a cut lets go of what was held before it, and judge its starts."""
    faults = (
        (HELD_AT, partial(_say, 0, held=True)),
        (90.0, _restart),
        (120.0, _cut),
        (RELEASED_AT, partial(_say, 3, held=False)),
        (MENDED_AT, _mend),
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
    for start in counts.of("held"):
        if HELD_AT + ARRIVAL <= start.at < RELEASED_AT:
            raise BrokenPromiseError(f"{start.factory} started a held target at {start.at:.0f} s")
    return counts, world


def test_nothing_is_made_of_a_held_target_anywhere_until_it_is_let_go_of() -> None:
    counts, world = _scenario()
    starts = [start for start in counts.of("held") if start.at >= HELD_AT + ARRIVAL]
    assert {start.factory[:8] for start in starts if start.at < MENDED_AT} == {"factory2", "factory3"}
    assert {start.factory[:8] for start in starts if start.at > MENDED_AT + 5} == {
        f"factory{n}" for n in range(4)
    }
    assert {board(world, n).ledgers["held"].hold.number for n in range(4)} == {2}
    assert [start for start in counts.of("other") if HELD_AT + ARRIVAL < start.at < RELEASED_AT]


# --- mutants ----------------------------------------------------------------------------------------------


def test_a_factory_that_starts_what_it_knows_to_be_held_is_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr("vacnet.agent.obstacles.held_words", lambda *_: "")
    with pytest.raises(BrokenPromiseError, match="started a held target"):
        _scenario()


def test_factories_that_do_not_hear_of_a_hold_are_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Others, "new_holds", lambda _self: iter(()))
    with pytest.raises(BrokenPromiseError, match="started a held target"):
        _scenario()
