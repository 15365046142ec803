"""The keeper with a toy engine and a real record: what becomes of machines, and what is told of it."""

from factory_floor import Floor, until

from vacnet.outcomes import Blame, Kind


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
