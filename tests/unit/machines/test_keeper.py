"""The keeper with a toy engine and a real record: what becomes of machines, and what is told of it."""

import asyncio
import errno
from dataclasses import replace

import pytest
from msgspec import structs

from tests.unit.machines.factory_floor import FAST, PROCESS, Floor, until
from tests.unit.machines.toy_engine import ToyObject
from vacnet.agent.events import MachineNotMade
from vacnet.machines import console, directory
from vacnet.machines.beat import beat
from vacnet.machines.features import GRACE_SECONDS
from vacnet.machines.keeper import Keeper
from vacnet.machines.runtime import Seen, Usage
from vacnet.outcomes import Blame, Kind
from vacnet.record.errors import NotWrittenError
from vacnet.record.rows import Finish
from vacnet.targets.model import Model, Target


async def test_a_machine_is_started_told_and_its_end_judged_once(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        floor.engine.end(machine_id, message="300 no more work")
        ended = await floor.ended()
        await until(lambda: floor.engine.objects == {})
    assert floor.told_of("uuid-1") == ["MachineStarted", "MachineEnded"]
    assert (ended.outcome.kind, ended.outcome.blame) == (Kind.NOWORK, Blame.TARGET)
    row = await floor.record.machine(machine_id)
    assert row is not None
    assert (row.state, row.message_code, row.ticket_number) == ("ended", 300, 3)


async def test_what_is_not_to_be_had_makes_no_machine_and_says_when_to_try_again(floor: Floor) -> None:
    floor.sources.away = "https://example.org/user_data: HTTP 503: ask its owner"
    async with floor.keeping() as keeper:
        for number, seconds in enumerate((10.0, 20.0, 40.0)):
            uuid = f"uuid-{number}"
            keeper.start(floor.wish(uuid))
            await until(lambda uuid=uuid: floor.told_of(uuid) != [])  # type: ignore[misc]
            assert floor.told[-1] == MachineNotMade(uuid, floor.sources.away, seconds)
        assert keeper.live() == []
    assert await floor.record.machines(unfinished=False) == []
    assert floor.engine.starts == []


async def test_a_machine_made_ends_the_row_of_failures(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        for away, uuid in (("no", "uuid-1"), ("", "uuid-2"), ("no", "uuid-3")):
            floor.sources.away = away
            keeper.start(floor.wish(uuid))
            await until(lambda uuid=uuid: floor.told_of(uuid) != [])  # type: ignore[misc]
    seconds = [event.retry_seconds for event in floor.told if isinstance(event, MachineNotMade)]
    assert seconds == [10.0, 10.0]


async def test_an_engine_that_is_away_at_the_start_leaves_no_trace_of_the_machine(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        floor.engine.away = "docker: connection refused"
        keeper.start(floor.wish())
        await until(lambda: floor.told_of("uuid-1") == ["MachineNotMade"])
        await until(lambda: keeper.live() == [])
    assert await floor.record.machines(unfinished=False) == []
    assert [path.name for path in (floor.state / "machines").iterdir()] == []


async def test_a_refused_start_is_an_error_of_this_factory_with_the_words_of_the_engine(floor: Floor) -> None:
    floor.engine.refusal = "no such command: /user_data"
    async with floor.keeping() as keeper:
        keeper.start(floor.wish())
        ended = await floor.ended()
    assert (ended.outcome.kind, ended.outcome.blame) == (Kind.ERROR, Blame.FACTORY)
    assert str(ended.outcome.message) == "500 no such command: /user_data"
    assert not ended.outcome.stopped
    assert floor.told_of("uuid-1") == ["MachineEnded"]


async def test_a_script_that_no_host_can_run_is_an_error_of_its_target(
    floor: Floor,
) -> None:
    floor.sources.body = b"echo hello\n"
    async with floor.keeping() as keeper:
        keeper.start(floor.wish())
        ended = await floor.ended()
    assert (ended.outcome.kind, ended.outcome.blame) == (Kind.ERROR, Blame.TARGET)
    assert str(ended.outcome.message).startswith("600 user_data does not begin with #!")
    assert not ended.outcome.stopped
    assert floor.engine.starts == []


async def test_a_full_disk_is_no_fault_of_the_machine(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(directory, "prepare", full)
    async with floor.keeping() as keeper:
        keeper.start(floor.wish())
        await until(lambda: floor.told_of("uuid-1") == ["MachineNotMade"])
    assert isinstance(floor.told[0], MachineNotMade)
    assert "cannot be written (No space left on device)" in floor.told[0].reason


async def test_a_model_no_engine_makes_is_told_with_what_to_do(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        keeper.start(floor.wish(target=Target(name="cern", machine_model=Model.CERNVM4)))
        await until(lambda: floor.told_of("uuid-1") == ["MachineNotMade"])
    assert isinstance(floor.told[0], MachineNotMade)
    assert "machine_model = 'cernvm4'" in floor.told[0].reason


async def test_a_stop_while_it_starts_waits_for_the_start_and_then_ends_it(floor: Floor) -> None:
    floor.engine.gate = asyncio.Event()
    async with floor.keeping() as keeper:
        keeper.start(floor.wish())
        await until(lambda: [view.state for view in keeper.live()] == ["starting"])
        keeper.stop("uuid-1", "admin: kernel update")
        keeper.stop("uuid-1", "a second reason")
        floor.engine.gate.set()
        ended = await floor.ended()
    assert floor.told_of("uuid-1") == ["MachineStarted", "MachineEnded"]
    assert (ended.outcome.kind, str(ended.outcome.message)) == (Kind.NEUTRAL, "100 admin: kernel update")
    assert ended.outcome.stopped
    assert floor.engine.running == []


async def test_a_stop_before_the_engine_was_asked_never_asks_it(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        keeper.start(floor.wish())
        keeper.stop("uuid-1", "admin: changed my mind")
        ended = await floor.ended()
    assert ended.outcome.kind is Kind.NEUTRAL
    assert floor.engine.starts == []
    assert floor.told_of("uuid-1") == ["MachineEnded"]


async def test_an_end_while_it_starts_is_judged_after_the_start_is_told(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        floor.engine.on_start = lambda machine_id: floor.engine.end(machine_id, message="200 done at once")
        keeper.start(floor.wish())
        ended = await floor.ended()
    assert floor.told_of("uuid-1") == ["MachineStarted", "MachineEnded"]
    assert ended.outcome.kind is Kind.OK


async def test_a_start_is_told_in_words_and_units_that_an_admin_reads(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    (note,) = [note for note in floor.notes if note.name == "machine.starting"]
    assert note.fields["memory"] == "2.0 GiB"
    assert note.fields["disk"] == "not limited"
    assert str(note.fields["until"]).startswith("1970-01-1")
    assert note.fields["directory"] == str(floor.state / "machines" / machine_id)


async def test_an_end_seen_many_times_is_told_once(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        floor.engine.forgets = False
        floor.engine.end(machine_id, message="200 done")
        await floor.ended()
        looks = floor.engine.looks
        floor.engine.say(machine_id)
        await until(lambda: floor.engine.looks > looks + 5)
    assert len(floor.ends("uuid-1")) == 1


async def test_a_machine_that_a_foreign_hand_removed_ends_neutral(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        floor.engine.vanish(await floor.started(keeper))
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 removed by a foreign hand"
    assert ended.outcome.stopped


async def test_while_an_engine_is_away_nothing_is_concluded(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
        floor.engine.away = "docker: connection refused"
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 5)
        assert [view.state for view in keeper.live()] == ["running"]
        assert [note.name for note in floor.notes if note.name.startswith("engine.")] == ["engine.away"]
        floor.engine.away = ""
        await until(lambda: floor.notes[-1].name == "engine.back")
    assert floor.told_of("uuid-1") == ["MachineStarted"]


async def test_an_engine_that_nobody_wants_is_not_missed_until_somebody_does(floor: Floor) -> None:
    floor.wanted, floor.engine.away = False, "docker: connection refused"
    async with floor.keeping():
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 5)
        assert floor.notes == []
        floor.wanted = True
        await until(lambda: [note.name for note in floor.notes] == ["engine.away"])


async def test_a_stop_that_the_engine_could_not_hear_is_repeated_when_it_is_back(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
        floor.engine.away = "docker: connection refused"
        keeper.stop("uuid-1", "drain")
        await until(lambda: [view.state for view in keeper.live()] == ["stopping"])
        floor.engine.away = ""
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 drain"


async def test_a_machine_is_ended_at_its_deadline(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
        floor.clock.boot += 3600.0
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 its deadline has come"


async def test_a_lowered_deadline_is_told_to_the_machine_and_outlives_a_restart(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        keeper.lower_deadline(floor.clock.boot + 600.0)
        told = floor.state / "machines" / machine_id
        due = str(int(floor.clock.wall() + 600.0))
        await until(lambda: (told / "machinefeatures" / "shutdowntime").read_text() == due)
        await until(lambda: (told / "jobfeatures" / "shutdowntime_job").read_text() == due)
    async with floor.keeping():
        floor.clock.boot += 601.0
        await floor.ended()


async def test_a_deadline_is_never_announced_sooner_than_the_grace_promised(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
        keeper.lower_deadline(floor.clock.boot - 5.0)
        await until(lambda: keeper.live()[0].deadline == int(floor.clock.wall() + GRACE_SECONDS))


async def test_a_job_started_file_proves_once(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        (floor.state / "machines" / machine_id / "joboutputs" / "job_started").touch()
        await until(lambda: "MachineProved" in floor.told_of("uuid-1"))
        floor.engine.end(machine_id, message="200 done")
        await floor.ended()
    assert floor.told_of("uuid-1") == ["MachineStarted", "MachineProved", "MachineEnded"]


async def test_a_proof_written_just_before_the_end_counts_and_is_told_first(floor: Floor) -> None:
    async with floor.keeping(floor.keeper(paces=replace(FAST, beat_seconds=3600.0))) as keeper:
        machine_id = await floor.started(keeper)
        (floor.state / "machines" / machine_id / "joboutputs" / "job_started").touch()
        floor.engine.end(machine_id, message="600 lost its network")
        await floor.ended()
    assert floor.told_of("uuid-1") == ["MachineStarted", "MachineProved", "MachineEnded"]


async def test_a_machine_without_its_heartbeat_file_is_ended_after_fizzle_seconds(floor: Floor) -> None:
    beating = structs.replace(PROCESS, heartbeat_file="heartbeat", heartbeat_seconds=120)
    async with floor.keeping() as keeper:
        await floor.started(keeper, target=beating)
        await _let_it_be_looked_at_for(floor, keeper, 70.0)
        ended = await floor.ended()
    assert (ended.outcome.kind, ended.outcome.blame) == (Kind.ERROR, Blame.FACTORY)
    assert str(ended.outcome.message) == "700 heartbeat file not created"


async def test_a_suspended_host_ends_no_machine_for_its_heartbeat(floor: Floor) -> None:
    beating = structs.replace(PROCESS, heartbeat_file="heartbeat", heartbeat_seconds=30)
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper, target=beating)
        (floor.state / "machines" / machine_id / "joboutputs" / "heartbeat").touch()
        await _let_it_be_looked_at_for(floor, keeper, 5.0)
        floor.clock.boot += 3000.0
        await _let_it_be_looked_at_for(floor, keeper, 5.0)
        assert floor.told_of("uuid-1") == ["MachineStarted"]


async def test_numbers_are_the_lowest_free_and_ids_are_never_given_twice(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        ids = []
        for number in range(4):
            machine_id = await floor.started(keeper, f"uuid-{number}")
            ids.append(machine_id)
            if number % 2:
                floor.engine.end(machine_id)
                await until(lambda number=number: len(keeper.live()) == (number + 1) // 2)  # type: ignore[misc]
    assert [machine_id.rsplit("_", 1)[1] for machine_id in ids] == ["00", "01", "01", "02"]
    assert len(set(ids)) == 4


async def test_efficiency_and_memory_are_measured_and_kept(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        for seconds in (10.0, 100.0):
            floor.clock.boot += seconds
            floor.engine.objects[machine_id].usage = Usage(seconds, 1 << 20)
            await until(lambda seconds=seconds: keeper.live()[0].cpu_seconds == seconds)  # type: ignore[misc]
        view = keeper.live()[0]
        floor.engine.end(machine_id, message="200 done")
        await floor.ended()
    assert view.cpu_efficiency == pytest.approx(100 / 110)
    assert view.cpu_efficiency_recent == pytest.approx(0.9)
    row = await floor.record.machine(machine_id)
    assert row is not None
    assert (row.cpu_seconds, row.memory_peak_bytes) == (100.0, 1 << 20)


async def test_machines_run_on_when_the_keeper_is_cancelled(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    assert floor.engine.running == [machine_id]
    assert floor.engine.stops == []


async def test_an_outcome_waits_for_a_record_that_cannot_be_written(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [True]
    real = floor.record.finish_machine

    async def finish_machine(machine_id: str, *, finish: Finish) -> bool:
        if failing[0]:
            raise NotWrittenError("the disk is full: make room on it")
        return await real(machine_id, finish=finish)

    monkeypatch.setattr(floor.record, "finish_machine", finish_machine)
    async with floor.keeping() as keeper:
        floor.engine.end(await floor.started(keeper), message="200 done")
        await until(lambda: any(note.name == "machine.step-failed" for note in floor.notes))
        assert floor.ends("uuid-1") == []
        failing[0] = False
        ended = await floor.ended()
    assert ended.outcome.kind is Kind.OK


async def test_a_fault_that_lasts_is_complained_of_once(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
        floor.engine.end(machine_id, message="200 done")
        await until(lambda: keeper.live() == [] and not floor.engine.objects)
        floor.engine.forget_fails = "device or resource busy"
        floor.engine.objects[machine_id] = ToyObject(_leftover(machine_id), None)
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 5)
    complaints = [note for note in floor.notes if note.name == "machine.step-failed"]
    assert [note.fields["error"] for note in complaints] == ["device or resource busy"]


async def test_a_console_log_without_end_is_bounded(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        log = floor.state / "machines" / await floor.started(keeper) / "console.log"
        log.write_bytes(b"y" * (console.BYTES_MAX + 1))
        await until(lambda: not console.too_long(log))
        assert b"bytes left out here" in log.read_bytes()


async def test_a_pattern_that_makes_no_host_name_is_refused_in_words(floor: Floor) -> None:
    floor.host = replace(floor.host, machine_name_pattern="{host}")
    async with floor.keeping() as keeper:
        keeper.start(floor.wish())
        await until(lambda: floor.told_of("uuid-1") == ["MachineNotMade"])
    assert isinstance(floor.told[0], MachineNotMade)
    assert "machine_name_pattern '{host}'" in floor.told[0].reason


async def test_no_note_carries_the_value_of_an_option(floor: Floor) -> None:
    secret = structs.replace(PROCESS, user_data_options={"password": "hunter2"})
    floor.sources.body = b"#!/bin/sh\n##user_data_option_password##"
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper, target=secret)
    home = floor.state / "machines" / machine_id
    assert (home / "user_data").read_bytes() == b"#!/bin/sh\nhunter2"
    row = await floor.record.machine(machine_id)
    assert row is not None
    assert b"hunter2" not in row.spec + (home / "spec.json").read_bytes()
    assert "hunter2" not in repr(floor.notes)


def _leftover(machine_id: str) -> Seen:
    return Seen(machine_id=machine_id, labels={"vacnet.factory": "wn01.example.org"}, running=False)


async def _let_it_be_looked_at_for(floor: Floor, keeper: Keeper, seconds: float) -> None:
    """Move the clock second by second and let the keeper look each time."""
    for _ in range(round(seconds)):
        floor.clock.boot += 1.0
        await beat(keeper._lives, keeper._tools)
