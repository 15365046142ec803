"""The ends of machines, counted: each once, whether its record is still there or its accounting alone."""

from tests.unit.record.record_samples import finish, machine
from vacnet.record import Finish, Record

HOUR = 1_800_000_000.0
"""The beginning of an hour of UTC."""


async def _ended(record: Record, number: int, end: Finish, **changes: object) -> None:
    row = machine(number, started_wall=end.ended_wall - 60, **changes)
    await record.create_machine(row)
    await record.finish_machine(row.id, finish=end)


async def test_ends_that_are_alike_in_one_hour_are_one_tally(record: Record) -> None:
    await _ended(record, 1, finish(HOUR + 100))
    await _ended(record, 2, finish(HOUR + 3599))
    await _ended(record, 3, finish(HOUR + 3600))
    await _ended(record, 4, finish(HOUR + 200, code=201))
    tallies = await record.tallies(0)
    assert [(t.hour, t.code, t.ended, t.last) for t in tallies] == [
        (HOUR, 200, 2, HOUR + 3599),
        (HOUR, 201, 1, HOUR + 200),
        (HOUR + 3600, 200, 1, HOUR + 3600),
    ]
    assert (tallies[0].lived_seconds, tallies[0].ran, tallies[0].words) == (120.0, 2, "success")


async def test_a_machine_whose_directory_has_expired_is_still_counted_and_counted_once(
    record: Record,
) -> None:
    await _ended(record, 1, finish(HOUR + 100))
    assert await record.forget_machine(machine(1).id)
    (tally,) = await record.tallies(0)
    assert (tally.ended, tally.kind, tally.words, tally.lived_seconds) == (1, "", "", 60.0)


async def test_a_machine_that_never_ran_ended_and_has_no_life(record: Record) -> None:
    await record.create_machine(machine(1))
    await record.finish_machine(machine(1).id, finish=finish(HOUR + 100, code=500))
    (tally,) = await record.tallies(0)
    assert (tally.ended, tally.ran, tally.lived_seconds) == (1, 0, 0.0)


async def test_only_ends_since_then_are_counted_and_what_runs_has_not_ended(record: Record) -> None:
    await _ended(record, 1, finish(HOUR + 100))
    await _ended(record, 2, finish(HOUR + 200))
    await record.create_machine(machine(3))
    assert [tally.ended for tally in await record.tallies(HOUR + 200)] == [1]
    assert await record.tallies(HOUR + 201) == []


async def test_the_record_tells_when_it_begins(record: Record) -> None:
    assert await record.begins() is None
    await record.create_machine(machine(1))
    assert await record.begins() == machine(1).created_wall
