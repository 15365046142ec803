"""The host's deadline and the order to end all: given, moved, taken back, and kept over a restart."""

import math
from dataclasses import replace

import pytest

from tests.unit.machines.factory_floor import FAST, Floor, until
from vacnet.machines.features import GRACE_SECONDS
from vacnet.machines.keeper import Keeper
from vacnet.outcomes import Kind
from vacnet.targets.model import Model

LIFE = 3600.0


def _due(keeper: Keeper) -> float:
    return keeper.live()[0].deadline


def _file(floor: Floor, machine_id: str) -> str:
    return (floor.state / "machines" / machine_id / "machinefeatures" / "shutdowntime").read_text()


async def test_what_was_brought_forward_is_given_back_to_record_and_machine(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        own = _due(keeper)
        keeper.lower_deadline(floor.clock.boot + 600.0)
        await until(lambda: _file(floor, machine_id) != str(int(own)))
        keeper.lower_deadline(math.inf)
        await until(lambda: _file(floor, machine_id) == str(int(own)))
    row = await floor.record.machine(machine_id)
    assert row is not None
    assert row.deadline_wall == own


async def test_it_is_given_back_also_by_a_factory_that_was_started_since(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        own = _due(keeper)
        keeper.lower_deadline(floor.clock.boot + 600.0)
        await until(lambda: _file(floor, machine_id) != str(int(own)))
    async with floor.keeping() as keeper:
        assert _due(keeper) < own
        keeper.lower_deadline(math.inf)
        await until(lambda: _file(floor, machine_id) == str(int(own)))


@pytest.mark.parametrize(("second", "expected"), [(300.0, 300.0), (900.0, 900.0), (9000.0, LIFE)])
async def test_a_second_deadline_replaces_the_first_and_never_exceeds_the_machines_own(
    floor: Floor, second: float, expected: float
) -> None:
    steps: list[str] = []
    async with floor.keeping(floor.keeper(on_step=steps.append)) as keeper:
        await floor.started(keeper)
        keeper.lower_deadline(floor.clock.boot + 600.0)
        keeper.lower_deadline(floor.clock.boot + second)  # before the first was heard
        await until(lambda: steps.count("running-lowered.directory.deadline.after") == 2)
        assert _due(keeper) == int(floor.clock.wall() + expected)


async def test_a_deadline_that_has_passed_is_not_put_off_by_being_told_again(floor: Floor) -> None:
    async with floor.keeping(floor.keeper(paces=replace(FAST, beat_seconds=LIFE))) as keeper:
        await floor.started(keeper)
        at = floor.clock.boot + 5.0
        keeper.lower_deadline(at)
        due = int(floor.clock.wall() + GRACE_SECONDS)
        await until(lambda: _due(keeper) == due)
        floor.clock.boot += GRACE_SECONDS - 1.0
        keeper.lower_deadline(at)
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 2)
        assert _due(keeper) == due


async def test_one_that_is_found_late_is_held_to_it_too(floor: Floor) -> None:
    """No record has it, and its engine was away when the deadline was given."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    floor.engine.away = "docker: connection refused"
    async with floor.keeping() as keeper:
        keeper.lower_deadline(floor.clock.boot + 600.0)
        floor.engine.away = ""
        await until(lambda: _file(floor, machine_id) == str(int(floor.clock.wall() + 600.0)))
        assert _due(keeper) == int(floor.clock.wall() + 600.0)


async def test_one_that_was_wished_for_before_it_is_held_to_it_too(floor: Floor) -> None:
    """The wish waited until an epoch was durable, and the deadline came in the meantime."""
    async with floor.keeping() as keeper:
        wish = floor.wish()
        keeper.lower_deadline(floor.clock.boot + 600.0)
        keeper.start(wish)
        await until(lambda: [view.state for view in keeper.live()] == ["running"])
        await until(lambda: _due(keeper) == int(floor.clock.wall() + 600.0))


async def test_all_are_ended_neutral_with_the_reason(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        for uuid in ("uuid-1", "uuid-2"):
            await floor.started(keeper, uuid)
        keeper.end_all("new DIMMs")
        ends = [await floor.ended(uuid) for uuid in ("uuid-1", "uuid-2")]
    assert [(end.outcome.kind, str(end.outcome.message)) for end in ends] == [
        (Kind.NEUTRAL, "100 new DIMMs")
    ] * 2


async def test_what_runs_later_is_ended_too_until_the_order_is_taken_back(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        keeper.end_all("new DIMMs")
        keeper.start(floor.wish("uuid-1"))
        await floor.ended("uuid-1")
        keeper.end_all("")
        await floor.started(keeper, "uuid-2")
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 3)
        assert [view.state for view in keeper.live()] == ["running"]


async def test_a_start_that_a_kill_cut_off_is_not_ended_before_its_engine_has_spoken(floor: Floor) -> None:
    """Else its end would be written while it runs, and its accounting would be lost."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.record.change_machine(machine_id, state="created", started_wall=None, started_boot=None)
    floor.engine.away = "docker: connection refused"
    async with floor.keeping() as keeper:
        assert keeper.unsure("uuid-1")
        keeper.end_all("new DIMMs")
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 3)
        assert floor.ends("uuid-1") == []
        floor.engine.away = ""
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 new DIMMs"
    assert len(await floor.record.accounting(ended_from=0.0, limit=9)) == 1


async def test_what_is_left_is_what_engines_show_and_what_is_not_dealt_with(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        assert (await keeper.observe()).left == frozenset()
        machine_id = await floor.started(keeper)
        assert (await keeper.observe()).left == {machine_id}
    await floor.lose_record()
    keeper = floor.keeper()
    assert (await keeper.observe()).left == {machine_id}, "no record knows it, and it runs"


async def test_an_engine_that_does_not_answer_is_named_and_nothing_is_concluded(floor: Floor) -> None:
    floor.engine.away = "docker: connection refused"
    observed = await floor.keeper().observe()
    assert (observed.left, dict(observed.away)) == (
        frozenset(),
        {Model.PROCESS: "docker: connection refused"},
    )
