"""Directories of ended machines, and how long they stay."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from tests.unit.machines.factory_floor import FAST, PROCESS, Floor, until
from tests.unit.machines.samples import HOST, spec
from vacnet.machines import directory
from vacnet.machines.expiry import DAY_SECONDS, expire

HOUR = 3600.0


async def _ended(floor: Floor, days: float) -> Path:
    async with floor.keeping() as keeper:
        target = structs.replace(PROCESS, machines_dir_days=days)
        machine_id = await floor.started(keeper, target=target)
        floor.engine.end(machine_id, message="200 done")
        await floor.ended()
        home = floor.state / "machines" / machine_id
        await until((home / "finished").exists)
    return home


async def _expire(floor: Floor, *unfinished: str) -> None:
    await expire(floor.keeper()._tools, unfinished)


@pytest.mark.parametrize("days", [0.5, 3.0])
async def test_a_directory_goes_with_its_row_after_the_targets_days_and_accounting_stays(
    floor: Floor, days: float
) -> None:
    home = await _ended(floor, days)
    floor.clock.boot += days * DAY_SECONDS - HOUR
    await _expire(floor)
    assert home.exists()
    floor.clock.boot += 2 * HOUR
    await _expire(floor)
    assert not home.exists()
    assert await floor.record.machines(unfinished=False) == []
    assert [row.id for row in await floor.record.accounting(ended_from=0.0, limit=9)] == [home.name]


async def test_0_days_keep_a_directory_for_ever(floor: Floor) -> None:
    home = await _ended(floor, 0.0)
    floor.clock.boot += 1000 * DAY_SECONDS
    await _expire(floor)
    assert home.exists()


async def test_a_running_machine_keeps_its_directory_however_old_it_is(floor: Floor) -> None:
    async with floor.keeping(floor.keeper(paces=replace(FAST, beat_seconds=HOUR))) as keeper:
        machine_id = await floor.started(keeper)
        floor.clock.boot += 100 * DAY_SECONDS
        await keeper._expire()
        await keeper._expire()
        assert not (floor.state / "machines" / machine_id / "finished").exists()


async def test_one_that_was_taken_for_ended_has_all_its_days_when_it_ends(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    home = floor.state / "machines" / machine_id
    (home / "finished").touch()
    async with floor.keeping():
        await until(lambda: not (home / "finished").exists())
        floor.clock.boot += 5 * DAY_SECONDS
        floor.engine.end(machine_id, message="200 done")
        await floor.ended()
    await _expire(floor)
    await _expire(floor)
    assert home.exists()


async def test_while_an_engine_is_silent_what_no_record_has_may_run(floor: Floor) -> None:
    """The record was lost and the engine is away: nobody knows of the machine."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    floor.engine.away = "docker: connection refused"
    async with floor.keeping() as keeper:
        for _ in range(3):
            await keeper._expire()
            floor.clock.boot += 9 * DAY_SECONDS
        floor.engine.away = ""
        await until(lambda: keeper.live() != [])
    assert (floor.state / "machines" / machine_id / "spec.json").exists()


async def test_a_directory_whose_target_cannot_be_told_goes_after_three_days(floor: Floor) -> None:
    home = floor.state / "machines" / "1700000000_lost_00"
    home.mkdir(parents=True)
    (home / "spec.json").write_bytes(b"garbage")
    await _expire(floor)
    floor.clock.boot += 3 * DAY_SECONDS - HOUR
    await _expire(floor)
    assert home.exists()
    floor.clock.boot += 2 * HOUR
    await _expire(floor)
    assert not home.exists()


async def test_time_stamps_that_a_machine_sets_prolong_nothing(floor: Floor) -> None:
    home = await _ended(floor, 1.0)
    os.utime(home / "joboutputs", (4e9, 4e9))
    floor.clock.boot += DAY_SECONDS + HOUR
    await _expire(floor)
    assert not home.exists()


async def test_one_that_its_engine_could_not_forget_in_all_that_time_is_not_adopted_as_another(
    floor: Floor,
) -> None:
    floor.engine.forget_fails = "device or resource busy"
    home = await _ended(floor, 1.0)
    floor.clock.boot += 2 * DAY_SECONDS
    await _expire(floor)
    assert await floor.record.machine(home.name) is None
    floor.engine.forget_fails = ""
    async with floor.keeping():
        await until(lambda: floor.engine.objects == {})
    assert floor.restored == ()
    assert {count.what: count.count for count in await floor.record.counts()} == {"started": 1, "ended": 1}
    assert not any(note.name == "machine.adopted" for note in floor.notes)


async def test_a_row_goes_also_where_there_is_no_directory(floor: Floor) -> None:
    """Of one that was stopped before it had any, or whose expiry was cut off by a kill."""
    home = await _ended(floor, 2.0)
    directory.remove(home)
    floor.clock.boot += 2 * DAY_SECONDS - HOUR
    await _expire(floor)
    assert await floor.record.machine(home.name) is not None
    floor.clock.boot += 2 * HOUR
    await _expire(floor)
    assert await floor.record.machines(unfinished=False) == []
    assert len(await floor.record.accounting(ended_from=0.0, limit=9)) == 1


async def test_a_row_is_kept_for_ever_where_its_target_says_so_also_while_its_disk_is_not_mounted(
    floor: Floor,
) -> None:
    home = await _ended(floor, 0.0)
    home.rename(floor.state / "away")
    floor.clock.boot += 100 * DAY_SECONDS
    await _expire(floor)
    assert await floor.record.machine(home.name) is not None


async def test_what_is_no_machines_directory_is_left_alone(floor: Floor) -> None:
    other = floor.state / "machines" / "lost+found"
    other.mkdir(parents=True)
    floor.clock.boot += 100 * DAY_SECONDS
    await _expire(floor)
    await _expire(floor)
    assert list(other.iterdir()) == []


def test_directories_of_machines_are_listed_in_the_order_of_their_creation(tmp_path: Path) -> None:
    for created in (1_700_000_002, 1_700_000_001):
        home = tmp_path / f"{created}_a_00"
        directory.prepare(spec(directory=home), HOST, None)
    (tmp_path / "note").touch()
    assert [home.name for home in directory.all_of(tmp_path)] == ["1700000001_a_00", "1700000002_a_00"]
    assert directory.all_of(tmp_path / "nowhere") == []
