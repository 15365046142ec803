"""Two things that happen to one machine, the second while no factory looks: what is known of it stays whole.

Each story leaves a machine known by half: by one of two clocks, by the record and not by its files, by its
files and not by its engine. The next keeper has to make the same of it as one that had seen it all.
"""

import os
from dataclasses import replace

import pytest

from tests.unit.machines.factory_floor import FAST, Floor, until
from tests.unit.machines.kills import Stage
from vacnet.agent.restored import RestoredMachine
from vacnet.machines.machine import NEVER_STARTED
from vacnet.outcomes import Kind
from vacnet.record.errors import RecordError
from vacnet.record.rows import AccountingRow, MachineRecord
from vacnet.space.window import Window

WINDOW = Window(7, "wn02.example.org", 400.0, 60.0, 1)
HOUR = 3600.0
AWAY = "docker: connection refused"


async def _row(floor: Floor, machine_id: str) -> MachineRecord:
    row = await floor.record.machine(machine_id)
    assert row is not None
    return row


async def _accounted(floor: Floor) -> list[AccountingRow]:
    return await floor.record.accounting(ended_from=0.0, limit=9)


async def _cut_off(floor: Floor) -> str:
    """Have a start cut off after the engine was asked: the record says `created`."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.record.change_machine(
        machine_id, state="created", reference="", started_wall=None, started_boot=None
    )
    floor.told.clear()
    return machine_id


async def _restored(floor: Floor) -> RestoredMachine:
    """Return the machine as an agent is told of it by a factory that starts now."""
    floor.record.keep_window("grid-prod", WINDOW)
    (restored,) = await floor.keeper().adopt()
    return restored


async def _looks(floor: Floor, count: int = 3) -> None:
    looks = floor.engine.looks
    await until(lambda: floor.engine.looks > looks + count)


def _reboot(floor: Floor, *, down_seconds: float = 100.0) -> None:
    wall = floor.clock.wall() + down_seconds
    floor.clock.boot, floor.clock.wall_ahead = 7.0, wall - 7.0
    floor.engine.wall = wall
    floor.host = replace(floor.host, boot_id="boot-2")


def _told_deadline(floor: Floor, machine_id: str) -> int:
    return int((floor.state / "machines" / machine_id / "machinefeatures" / "shutdowntime").read_text())


# --- a start that was cut off ---------------------------------------------------------------------


async def test_one_that_proved_ran_also_if_nobody_saw_it_start(floor: Floor) -> None:
    machine_id = await _cut_off(floor)
    floor.prove(machine_id)
    floor.engine.vanish(machine_id)
    async with floor.keeping():
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 removed by a foreign hand"
    assert [row.id for row in await _accounted(floor)] == [machine_id]


async def test_one_that_its_engine_made_and_never_started_did_not_run(floor: Floor) -> None:
    """A kill between the two calls that a container or a domain needs."""
    machine_id = await _cut_off(floor)
    left = floor.engine.objects[machine_id]
    left.seen = replace(left.seen, running=False, began=False, started_wall=None, lost=NEVER_STARTED)
    async with floor.keeping():
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 factory restarted before it started"
    assert await _accounted(floor) == []
    assert {count.what for count in await floor.record.counts()} == {"ended", "started"}
    assert (await _row(floor, machine_id)).started_wall is None


async def test_what_no_engine_has_spoken_of_stays_unsure_also_with_another_deadline(floor: Floor) -> None:
    """A drain by a time, then at once: the machine may run all the while."""
    machine_id = await _cut_off(floor)
    floor.engine.away = AWAY
    steps: list[str] = []
    async with floor.keeping(floor.keeper(on_step=steps.append)) as keeper:
        keeper.lower_deadline(floor.clock.boot + 600.0)
        await until(lambda: "created-lowered.record.deadline.after" in steps)
        await _looks(floor)
        keeper.end_all("new DIMMs")
        await _looks(floor)
        assert floor.ends("uuid-1") == []
        floor.engine.away = ""
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 new DIMMs"
    assert [row.id for row in await _accounted(floor)] == [machine_id]


async def test_one_found_late_is_told_the_deadline_that_came_in_the_meantime(floor: Floor) -> None:
    machine_id = await _cut_off(floor)
    floor.engine.away = AWAY
    async with floor.keeping() as keeper:
        keeper.lower_deadline(floor.clock.boot + 600.0)
        await until(lambda: keeper.live()[0].deadline < floor.clock.wall() + 700.0)
        floor.engine.away = ""
        await until(lambda: _told_deadline(floor, machine_id) == int(floor.clock.wall() + 600.0))


@pytest.mark.parametrize("step_seconds", [-HOUR, HOUR])
async def test_a_step_of_the_wall_clock_makes_no_start_later_than_now_or_sooner_than_its_making(
    floor: Floor, step_seconds: float
) -> None:
    machine_id = await _cut_off(floor)
    floor.clock.boot += 100.0
    floor.clock.wall_ahead += step_seconds
    async with floor.keeping():
        await until(lambda: "MachineStarted" in floor.told_of("uuid-1"))
    row = await _row(floor, machine_id)
    assert row.started_boot is not None
    assert 500.0 <= row.started_boot <= 600.0


# --- deadlines ------------------------------------------------------------------------------------


async def test_a_deadline_that_a_kill_kept_from_its_files_is_told_by_the_next_factory(floor: Floor) -> None:
    stage = Stage(floor, floor.keeper(), points=["running-lowered.directory.deadline.before"])

    async def start_and_lower(stage: Stage) -> None:
        await stage.start()
        stage.keeper.lower_deadline(floor.clock.boot + 600.0)
        await until(lambda: False)

    await stage.perform(start_and_lower, settle=False)
    (row,) = await floor.record.machines(unfinished=True)
    assert (row.deadline_boot, _told_deadline(floor, row.id)) == (1100.0, 1_004_100)
    async with floor.keeping() as keeper:
        keeper.lower_deadline(floor.clock.boot + 600.0)
        await until(lambda: _told_deadline(floor, row.id) == int(row.deadline_wall))


async def test_a_deadline_that_a_full_disk_kept_from_its_files_is_told_when_there_is_room(
    floor: Floor,
) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        features = floor.state / "machines" / machine_id / "machinefeatures"
        aside = features.rename(features.with_name("aside"))
        features.touch()  # a directory that cannot be written, also by root
        keeper.lower_deadline(floor.clock.boot + 600.0)
        await until(lambda: any(note.name == "machine.step-failed" for note in floor.notes))
        features.unlink()
        aside.rename(features)
        floor.clock.boot += 40.0
        await until(lambda: _told_deadline(floor, machine_id) == int(keeper.live()[0].deadline))
    assert (await _row(floor, machine_id)).deadline_wall == int(floor.clock.wall() - 40.0 + 600.0)


async def test_a_deadline_is_never_written_by_one_clock_alone(floor: Floor) -> None:
    """What a machine uses is kept beside its life: between a deadline that is news and its own write."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        life = next(iter(keeper._lives))
        life.machine.spec = replace(life.machine.spec, deadline_at=900.0, deadline_wall=1_000_900)
        await keeper._keep_usage()
    row = await _row(floor, machine_id)
    assert (row.deadline_boot, row.deadline_wall) == (900.0, 1_000_900.0)


# --- the wall clock is set, or the host is booted -------------------------------------------------


@pytest.mark.parametrize("step_seconds", [-HOUR, HOUR])
@pytest.mark.parametrize("seen", ["before", "after"])
async def test_a_step_of_the_wall_clock_makes_no_life_longer_or_shorter(
    floor: Floor, step_seconds: float, seen: str
) -> None:
    """The clock is set while no factory looks: before the end is written, or after."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        floor.clock.boot += 200.0
        floor.engine.wall = floor.clock.wall()
        if seen == "after":
            floor.engine.end(machine_id, message="300 no work")
            await floor.ended()
    if seen == "before":
        floor.engine.end(machine_id, message="300 no work")
    floor.clock.boot += 10.0
    floor.clock.wall_ahead += step_seconds
    async with floor.keeping():
        ended = await floor.ended()
    restored = await _restored(floor)
    assert restored.started_at == 500.0
    assert restored.ended_at is not None
    lived = restored.ended_at - restored.started_at
    assert 200.0 <= lived <= 210.0
    assert (lived, lived) == (ended.lived_seconds, (await _accounted(floor))[0].wall_seconds)


async def test_a_start_that_only_the_end_has_written_is_written_by_both_clocks(floor: Floor) -> None:
    machine_id = await _cut_off(floor)
    floor.engine.end(machine_id, message="200 done")
    async with floor.keeping():
        await floor.ended()
    row = await _row(floor, machine_id)
    assert (row.started_boot, row.started_wall) == (500.0, 1_000_500.0)


async def test_a_proof_found_after_a_reboot_is_restored_with_its_end(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        floor.clock.boot += 100.0
    floor.prove(machine_id)
    floor.engine.objects.clear()
    _reboot(floor)
    async with floor.keeping():
        await floor.ended()
    restored = await _restored(floor)
    assert restored.proved_at is not None
    assert (restored.created_at, restored.started_at) == (-193.0, -193.0)


async def test_a_wall_clock_that_was_set_back_brings_nothing_of_an_earlier_boot_into_this_one(
    floor: Floor,
) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
        floor.clock.boot += 100.0
    _reboot(floor)
    floor.clock.wall_ahead -= HOUR
    floor.engine.wall = floor.clock.wall()
    floor.engine.end(floor.engine.running[0], message="200 done")
    async with floor.keeping():
        await floor.ended()
    restored = await _restored(floor)
    assert restored.ended_at is not None
    assert restored.created_at <= (restored.started_at or 0.0) <= restored.ended_at <= 0.0


async def test_after_a_lost_record_and_a_reboot_what_ended_ended_with_its_host(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    _reboot(floor)
    floor.engine.end(machine_id, exit_code=137)
    async with floor.keeping():
        ended = await floor.ended()
    assert (ended.outcome.kind, str(ended.outcome.message)) == (Kind.NEUTRAL, "100 host rebooted")


async def test_after_a_lost_record_and_a_clock_that_was_set_forward_a_running_machine_is_of_this_boot(
    floor: Floor,
) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    floor.clock.wall_ahead += 10 * HOUR
    async with floor.keeping() as keeper:
        await until(lambda: [view.state for view in keeper.live()] == ["running"])
        floor.engine.end(machine_id, message="200 done")
        ended = await floor.ended()
    assert str(ended.outcome.message) == "200 done"


async def test_what_no_record_has_and_never_ran_is_dropped_and_told_to_nobody(floor: Floor) -> None:
    machine_id = await _cut_off(floor)
    left = floor.engine.objects[machine_id]
    left.seen = replace(left.seen, running=False, began=False, started_wall=None, lost=NEVER_STARTED)
    await floor.lose_record()
    async with floor.keeping():
        await until(lambda: floor.engine.objects == {})
    assert floor.told == []
    assert await floor.record.counts() == []


# --- files that are not what we wrote -------------------------------------------------------------


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("put", ["a FIFO", "other bytes"])
async def test_what_stands_in_place_of_a_machines_files_keeps_no_factory_from_starting(
    floor: Floor, put: str, *, lost: bool
) -> None:
    """A machine that runs as the factory's own user may put there what it likes."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    path = floor.state / "machines" / machine_id / "machinefeatures" / "shutdowntime"
    path.unlink()
    if put == "a FIFO":
        os.mkfifo(path)
    else:
        path.write_bytes(b"\xff\xfe")
    if lost:
        await floor.lose_record()
    async with floor.keeping() as keeper:
        await until(lambda: [view.id for view in keeper.live()] == [machine_id])


async def test_an_engine_of_which_something_could_not_be_dealt_with_is_no_reason_to_remove_anything(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RecordError("the record cannot be read: disk I/O error")

    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    monkeypatch.setattr("vacnet.machines.watch.machine_of_object", fail)
    async with floor.keeping(floor.keeper(paces=replace(FAST, expiry_seconds=HOUR))) as keeper:
        await _looks(floor)
        for _ in range(2):
            await keeper._expire()
            floor.clock.boot += 10 * 24 * HOUR
    assert (floor.state / "machines" / machine_id).is_dir()


async def test_a_deadline_that_cannot_be_told_waits_once_however_long_the_disk_is_full(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    life = keeper._lives.by_id(machine_id)
    assert life is not None
    life.machine.untold = True
    for number in range(10):
        life.tell_again(number * HOUR)
    assert life._mailbox.qsize() == 1
