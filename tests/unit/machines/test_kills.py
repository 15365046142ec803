"""A keeper killed anywhere loses no machine and no outcome, leaves nothing over and counts nothing twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pytest

from tests.unit.machines.factory_floor import Floor
from tests.unit.machines.kills import play
from tests.unit.machines.random_lives import play_at_random
from tests.unit.machines.stories import STORIES
from vacnet.machines import lifecycle
from vacnet.machines.lifecycle import Event, State, Step, Transition, fault_points

SEEDS = (0, 1)

Pair = tuple[State, Event]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("point", fault_points())
async def test_a_kill_at_any_fault_point_costs_nothing(floor: Floor, point: str, seed: int) -> None:
    stage = await play(floor, STORIES[point.split(".", maxsplit=1)[0]], point, seed)
    assert stage.wrong == []


@pytest.mark.parametrize("seed", range(12))
async def test_many_machines_and_one_keeper_killed_after_the_other_cost_nothing(
    floor: Floor, seed: int
) -> None:
    stage = await play_at_random(floor, seed)
    assert stage.wrong == []


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A table with other orders of steps, and what a kill at a point then costs."""

    rows: Mapping[Pair, tuple[Step, ...]]
    point: str
    story: str
    cost: str


MUTANTS = {
    "the record is written after the start": Mutant(
        rows={
            (State.ABSENT, Event.WANTED): (),
            (State.STARTING, Event.NEXT): (
                Step.ENGINE_START,
                Step.RECORD_CREATE,
                Step.RECORD_STARTED,
                Step.TELL_STARTED,
            ),
        },
        point="starting-next.engine.start.after",
        story="starting-next",
        cost="exists and is not in the record",
    ),
    "the engine is asked to stop before the reason is written": Mutant(
        rows={
            (State.RUNNING, Event.STOP): (Step.ENGINE_STOP, Step.RECORD_STOP),
            (State.STOPPING, Event.NEXT): (),
        },
        point="running-stop.engine.stop.after",
        story="running-stop",
        cost="ended with '100 drain', the record says '700 fizzled",
    ),
    "the engine forgets before the outcome is written": Mutant(
        rows={
            (State.RUNNING, Event.OVER): (
                Step.MESSAGE_READ,
                Step.ENGINE_FORGET,
                Step.RECORD_FINISH,
                Step.TELL_ENDED,
            )
        },
        point="running-over.engine.forget.after",
        story="running-over",
        cost="ended with '300 exit code 3', the record says '100 removed by a foreign hand'",
    ),
    "the proof is not looked at again before the end": Mutant(
        rows={
            (State.CREATED, Event.OVER): (
                Step.MESSAGE_READ,
                Step.RECORD_FINISH,
                Step.TELL_ENDED,
                Step.ENGINE_FORGET,
            )
        },
        point="created-over.record.finish.before",
        story="created-over",
        cost="was neither told nor restored",
    ),
    "what is left over is not removed": Mutant(
        rows={(State.ENDED, Event.OVER): ()},
        point="running-over.record.finish.after",
        story="running-over",
        cost="is left in the engine",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_table_with_another_order_is_caught(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    mutant = MUTANTS[name]
    table = {(row.state, row.event): row for row in lifecycle.TABLE}
    for pair, steps in mutant.rows.items():
        table[pair] = Transition(*pair, table[pair].next, steps)
    monkeypatch.setattr(lifecycle, "_BY_PAIR", MappingProxyType(table))
    stage = await play(floor, STORIES[mutant.story], mutant.point, seed=0, patience_seconds=1.0)
    assert any(mutant.cost in wrong for wrong in stage.wrong), stage.wrong
