"""What a keeper takes over from the one before it: from the record, from engines, from labels alone."""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.unit.machines.factory_floor import PROCESS, Floor, until
from tests.unit.machines.samples import HOST, spec
from tests.unit.machines.toy_engine import ToyObject, ToyRuntime
from vacnet.agent.effects import Ticket
from vacnet.agent.events import MachineAdopted, MachineEnded, MachineProved, MachineStarted
from vacnet.machines.lifecycle import State
from vacnet.machines.machine import Machine
from vacnet.machines.paces import Paces
from vacnet.machines.rows import row_of
from vacnet.machines.runtime import Seen
from vacnet.outcomes import Kind
from vacnet.record.rows import MachineRecord
from vacnet.space.window import Window

TICKET = Ticket(7, "wn02.example.org", 3)


async def test_a_running_machine_is_restored_with_its_ticket_and_told_nothing_anew(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
        floor.clock.boot += 50.0
    floor.told.clear()
    async with floor.keeping() as keeper:
        (restored,) = floor.restored
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 2)
        assert [view.state for view in keeper.live()] == ["running"]
    assert (restored.uuid, restored.ticket, restored.started_at) == ("uuid-1", TICKET, 500.0)
    assert floor.told == []


@pytest.mark.parametrize(("fate", "over"), [("runs", False), ("ended", True), ("away", False)])
async def test_the_agent_is_told_that_an_end_is_on_its_way(floor: Floor, fate: str, over: bool) -> None:  # noqa: FBT001 (a row of a table)
    """Until it is told, the age of a machine that ended long ago says nothing."""
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    if fate == "ended":
        floor.engine.end(machine_id, exit_code=1)
    floor.engine.away = "docker: connection refused" if fate == "away" else ""
    (restored,) = await floor.keeper().adopt()
    assert restored.over is over


async def test_adopting_tells_nobody_anything_before_the_keeper_runs(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    floor.told.clear()
    floor.engine.end(machine_id, message="200 done")
    keeper = floor.keeper()
    (restored,) = await keeper.adopt()
    assert (restored.ended_at, floor.told) == (None, [])
    async with floor.keeping():
        assert (await floor.ended()).outcome.kind is Kind.OK


async def test_a_machine_that_was_never_started_ends_neutral(floor: Floor) -> None:
    await floor.record.create_machine(_created())
    async with floor.keeping():
        ended = await floor.ended()
    assert (ended.outcome.kind, str(ended.outcome.message)) == (
        Kind.NEUTRAL,
        "100 factory restarted before it started",
    )


@pytest.mark.parametrize("started_wall", [None, 1_000_480.0, 1_000_490.0])
async def test_one_that_began_and_ended_while_no_factory_looked_is_accounted(
    floor: Floor, started_wall: float | None
) -> None:
    """A loaded Docker writes down the start of a short container after its end."""
    machine = _created()
    await floor.record.create_machine(machine)
    home = floor.state / "machines" / machine.id
    if started_wall is not None:
        seen = Seen(machine_id=machine.id, running=False, started_wall=started_wall, ended_wall=1_000_485.0)
        floor.engine.objects[machine.id] = ToyObject(seen, home)
    (home / "joboutputs").mkdir(parents=True)
    (home / "joboutputs" / "shutdown_message").write_text("200 done")
    async with floor.keeping():
        assert str((await floor.ended()).outcome.message) == "200 done"
    (row,) = await floor.record.accounting(ended_from=0.0, limit=10)
    assert (row.id, row.message_code) == (machine.id, 200)
    assert row.wall_seconds == row.ended_wall - row.started_wall >= 0.0


async def test_while_its_engine_is_away_nothing_is_concluded_of_a_machine_and_later_it_is_found(
    floor: Floor,
) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
    floor.engine.away = "docker: connection refused"
    async with floor.keeping() as keeper:
        assert [machine.uuid for machine in floor.restored] == ["uuid-1"]
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 3)
        floor.engine.away = ""
        machine_id = floor.engine.running[0]
        floor.engine.end(machine_id, message="200 done")
        assert (await floor.ended()).outcome.kind is Kind.OK


async def test_a_factory_that_starts_does_not_wait_for_an_engine_that_hangs(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)

    async def hang(_runtime: ToyRuntime) -> Mapping[str, Seen]:
        await asyncio.get_running_loop().create_future()
        return {}

    with monkeypatch.context() as hanging:
        hanging.setattr(ToyRuntime, "seen", hang)
        async with asyncio.timeout(5):
            restored = await floor.keeper(paces=Paces(adopt_seconds=0.05)).adopt()
    assert [machine.uuid for machine in restored] == ["uuid-1"]
    async with floor.keeping():
        floor.engine.end(floor.engine.running[0], message="200 done")
        assert (await floor.ended()).outcome.kind is Kind.OK


async def test_after_a_reboot_a_machine_that_is_gone_ended_neutral_with_the_boot(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    floor.engine.objects.clear()
    _reboot(floor, down_seconds=100.0)
    async with floor.keeping():
        (restored,) = floor.restored
        ended = await floor.ended()
    assert str(ended.outcome.message) == "100 host rebooted"
    assert restored.started_at == pytest.approx(-100.0 + 7.0)
    assert ended.lived_seconds == pytest.approx(93.0), "not the time since the boot"
    row = await floor.record.machine(machine_id)
    assert row is not None
    assert row.ended_wall == pytest.approx(floor.clock.wall() - 7.0)


async def test_what_a_machine_wrote_before_a_reboot_still_counts(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    (floor.state / "machines" / machine_id / "joboutputs" / "shutdown_message").write_text("200 done")
    floor.engine.objects.clear()
    _reboot(floor, down_seconds=100.0)
    async with floor.keeping():
        assert (await floor.ended()).outcome.kind is Kind.OK


async def test_a_deadline_of_an_earlier_boot_holds_by_wall_time(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)  # due in 3600 s
    _reboot(floor, down_seconds=100.0)
    async with floor.keeping() as keeper:
        floor.clock.boot += 3490.0
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 2)
        assert [view.state for view in keeper.live()] == ["running"]
        floor.clock.boot += 20.0
        assert str((await floor.ended()).outcome.message) == "100 its deadline has come"


async def test_an_object_without_a_record_is_adopted_from_its_directory_with_a_warning(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    async with floor.keeping() as keeper:
        (restored,) = floor.restored
        await until(lambda: [view.state for view in keeper.live()] == ["running"])
        view = keeper.live()[0]
    assert (restored.uuid, restored.ticket, restored.started_at) == ("uuid-1", TICKET, 500.0)
    assert (view.id, view.memory_bytes, view.deadline) == (machine_id, 2 << 30, 1_004_100.0)
    adopted = [note for note in floor.notes if note.name == "machine.adopted"]
    assert [(note.warning, note.fields["id"]) for note in adopted] == [(True, machine_id)]
    row = await floor.record.machine(machine_id)
    assert row is not None
    assert (row.state, row.ticket_number) == ("running", 3)


async def test_an_object_without_a_record_whose_engine_was_away_at_the_start_is_told_once_when_it_is_back(
    floor: Floor,
) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
    await floor.lose_record()
    floor.told.clear()
    floor.engine.away = "docker: connection refused"
    async with floor.keeping() as keeper:
        assert floor.restored == ()
        floor.engine.away = ""
        await until(lambda: [view.state for view in keeper.live()] == ["running"])
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 2)
    (adopted,) = floor.told
    assert isinstance(adopted, MachineAdopted)
    assert (adopted.machine.uuid, adopted.machine.processors) == ("uuid-1", 1)
    assert (adopted.machine.ticket, adopted.machine.started_at) == (TICKET, 500.0)


async def test_what_was_restored_at_the_start_is_not_told_as_adopted_besides(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
    await floor.lose_record()
    floor.told.clear()
    async with floor.keeping() as keeper:
        await until(lambda: [view.state for view in keeper.live()] == ["running"])
    assert ([machine.uuid for machine in floor.restored], floor.told) == (["uuid-1"], [])


async def test_a_proof_and_an_end_without_a_record_are_told_after_the_adoption(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    floor.told.clear()
    floor.engine.away = "docker: connection refused"
    floor.prove(machine_id)
    floor.engine.end(machine_id, message="200 done")
    async with floor.keeping():
        floor.engine.away = ""
        await floor.ended()
    assert [type(event) for event in floor.told] == [MachineAdopted, MachineProved, MachineEnded]


async def test_a_proof_written_while_the_factory_was_dead_is_told_before_the_end(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    floor.told.clear()
    floor.prove(machine_id)
    floor.engine.end(machine_id, message="300 no more work")
    async with floor.keeping():
        await floor.ended()
    assert floor.told_of("uuid-1") == ["MachineProved", "MachineEnded"]
    row = await floor.record.machine(machine_id)
    assert row is not None
    assert row.proved_boot is not None


async def test_a_proof_written_while_the_host_went_down_is_told_before_the_end(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    floor.told.clear()
    floor.prove(machine_id)
    floor.engine.objects.clear()
    _reboot(floor, down_seconds=100.0)
    async with floor.keeping():
        await floor.ended()
    assert floor.told_of("uuid-1") == ["MachineProved", "MachineEnded"]


async def test_without_its_directory_too_it_is_adopted_from_its_labels(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        machine_id = await floor.started(keeper)
    await floor.lose_record()
    shutil.rmtree(floor.state / "machines")
    async with floor.keeping() as keeper:
        await until(lambda: [view.state for view in keeper.live()] == ["running"])
        view = keeper.live()[0]
        floor.engine.end(machine_id, exit_code=0)
        ended = await floor.ended()
    assert (view.name, view.target, view.deadline) == ("wn01-00.example.org", "grid-prod", 1_004_100.0)
    assert ended.lived_seconds == 0.0
    assert floor.restored[0].ticket == TICKET


async def test_an_adopted_machine_past_its_deadline_is_ended(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        await floor.started(keeper)
    await floor.lose_record()
    floor.clock.boot += 5000.0
    async with floor.keeping():
        assert str((await floor.ended()).outcome.message) == "100 its deadline has come"
        await until(lambda: floor.engine.objects == {})


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"vacnet.factory": "wn02.example.org"},
        {"vacnet.factory": "wn01.example.org"},
        {"vacnet.factory": "wn01.example.org", "vacnet.ticket": "x:y:z"},
        {**spec().labels(), "vacnet.factory": "wn01.example.org", "vacnet.deadline": "9" * 400},
        {**spec().labels(), "vacnet.factory": "wn01.example.org", "vacnet.processors": "9" * 5000},
    ],
)
async def test_what_bears_no_label_of_ours_or_not_enough_of_them_is_never_touched(
    floor: Floor, labels: dict[str, str]
) -> None:
    foreign = Seen(machine_id="1700000000_grid-prod_00", labels=labels, running=True)
    floor.engine.objects[foreign.machine_id] = ToyObject(foreign, None)
    async with floor.keeping() as keeper:
        looks = floor.engine.looks
        await until(lambda: floor.engine.looks > looks + 3)
        assert keeper.live() == []
    assert (floor.engine.running, floor.engine.stops) == ([foreign.machine_id], [])


async def test_an_id_that_leads_elsewhere_is_never_touched(floor: Floor) -> None:
    labels = {**spec().labels(), "vacnet.factory": "wn01.example.org"}
    foreign = Seen(machine_id="../../etc", labels=labels, running=True)
    floor.engine.objects[foreign.machine_id] = ToyObject(foreign, None)
    async with floor.keeping() as keeper:
        assert keeper.live() == []
    assert floor.restored == ()


async def test_machines_that_ended_under_the_newest_window_are_restored_with_their_outcome(
    floor: Floor,
) -> None:
    async with floor.keeping() as keeper:
        for uuid, message in (("uuid-1", "300 nothing"), ("uuid-2", "200 done")):
            floor.engine.end(await floor.started(keeper, uuid), message=message)
            await floor.ended(uuid)
        keeper.start(replace(floor.wish("uuid-3"), ticket=Ticket(6, "wn03.example.org", 0)))
        await until(lambda: "MachineStarted" in floor.told_of("uuid-3"))
        floor.engine.end(floor.engine.running[0], message="200 done")
        await floor.ended("uuid-3")
    floor.record.keep_window(PROCESS.name, Window(7, "wn02.example.org", 400.0, 60.0, 1))
    await floor.keeper().adopt()
    async with floor.keeping():
        restored = {machine.uuid: machine for machine in floor.restored}
    assert set(restored) == {"uuid-1", "uuid-2"}, "uuid-3 was under an older window"
    outcome = restored["uuid-1"].outcome
    assert outcome is not None
    assert (outcome.kind, outcome.stopped) == (Kind.NOWORK, False)
    assert restored["uuid-1"].ended_at == pytest.approx(500.0)


async def test_whether_an_end_was_our_doing_outlives_a_restart(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        for uuid in ("uuid-1", "uuid-2"):
            await floor.started(keeper, uuid)
        keeper.stop("uuid-1", "drain")
        vanishing = [machine_id for machine_id in floor.engine.running if machine_id.endswith("_01")]
        floor.engine.vanish(vanishing[0])
        told = {uuid: (await floor.ended(uuid)).outcome for uuid in ("uuid-1", "uuid-2")}
    floor.record.keep_window(PROCESS.name, Window(7, "wn02.example.org", 400.0, 60.0, 1))
    async with floor.keeping():
        restored = {machine.uuid: machine.outcome for machine in floor.restored}
    assert restored == told
    assert all(outcome.stopped for outcome in told.values())


async def test_the_numbers_of_adopted_machines_are_taken(floor: Floor) -> None:
    async with floor.keeping() as keeper:
        first = await floor.started(keeper)
    async with floor.keeping() as keeper:
        second = await floor.started(keeper, "uuid-2")
    assert (first[-3:], second[-3:]) == ("_00", "_01")
    assert MachineStarted("uuid-2") in floor.told


def _created() -> MachineRecord:
    wished = spec(uuid="uuid-1", deadline_at=4000.0, deadline_wall=1_004_000, created_wall=1_000_400)
    return row_of(Machine(spec=wished, state=State.ABSENT, created_at=400.0), HOST)


def _reboot(floor: Floor, *, down_seconds: float) -> None:
    """Boot the host anew: CLOCK_BOOTTIME begins again, 7 s ago, under another boot id."""
    wall = floor.clock.wall() + down_seconds
    floor.clock.boot = 7.0
    floor.clock.wall_ahead = wall - 7.0
    floor.engine.wall = wall
    floor.host = replace(floor.host, boot_id="boot-2")
