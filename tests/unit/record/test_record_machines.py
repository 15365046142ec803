"""What the record keeps of machines: from before their creation to accounting."""

import asyncio
import sqlite3
from pathlib import Path

import msgspec
import pytest

from tests.unit.record.record_samples import Clocks, finish, machine
from vacnet.record import MachineRecord, NotWrittenError, Record, RecordError
from vacnet.record.rows import AccountingRow, Finish


async def test_a_machine_reads_back_as_it_was_written_after_a_restart(clocks: Clocks, path: Path) -> None:
    written = machine(1, started_wall=1_800_000_001.5, exit_code=-9, by_vacnet=True, spec=b"\x00\xff")
    first = await clocks.open(path)
    await first.create_machine(written)
    await first.close()
    second = await clocks.open(path)
    assert await second.machines(unfinished=True) == [written]
    await second.close()


async def test_the_columns_of_the_tables_are_the_fields_of_the_values(record: Record, path: Path) -> None:
    connection = sqlite3.connect(path)
    columns = {
        table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")} - {"serial"}
        for table in ("machines", "accounting")
    }
    connection.close()
    assert columns["machines"] == set(MachineRecord.__struct_fields__)
    assert columns["accounting"] == set(AccountingRow.__struct_fields__)
    assert set(Finish.__struct_fields__) - {"wall_seconds", "made"} <= set(MachineRecord.__struct_fields__)


async def test_a_machine_is_created_once(record: Record) -> None:
    await record.create_machine(machine(1))
    with pytest.raises(RecordError, match=r"1800000000_mandelbrot_01 .* is in the record already"):
        await record.create_machine(machine(1, uuid="another"))
    with pytest.raises(RecordError, match="already"):
        await record.create_machine(machine(1, id="another"))


async def test_a_write_that_is_wrong_fails_alone_in_its_transaction(record: Record) -> None:
    results = await asyncio.gather(
        record.create_machine(machine(1)),
        record.create_machine(machine(1)),
        record.create_machine(machine(2)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), RecordError, type(None)]
    assert [row.number for row in await record.machines(unfinished=True)] == [1, 2]


async def test_a_change_sets_its_columns_and_no_others(record: Record) -> None:
    await record.create_machine(machine(1))
    assert await record.change_machine(machine(1).id, state="running", started_boot=5_001.0, reference="77:1")
    assert await record.machine(machine(1).id) == machine(
        1, state="running", started_boot=5_001.0, reference="77:1"
    )


async def test_a_change_of_a_machine_that_is_not_there_says_so(record: Record) -> None:
    assert not await record.change_machine("nobody", state="running")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"colour": "red"}, "colour: not a column"),
        ({"uuid": "x", "id": "y"}, "id, uuid: not a column"),
        ({"state": "ended"}, "by finish_machine alone"),
        ({}, "no column is named"),
    ],
)
async def test_a_change_that_may_not_be_is_refused(
    record: Record, columns: dict[str, str], words: str
) -> None:
    await record.create_machine(machine(1))
    with pytest.raises(ValueError, match=words):
        await record.change_machine(machine(1).id, **columns)
    assert await record.machine(machine(1).id) == machine(1)


async def test_an_end_is_written_once(record: Record) -> None:
    await record.create_machine(machine(1, started_wall=1_800_000_000.0))
    assert await record.finish_machine(machine(1).id, finish=finish(code=200))
    assert not await record.finish_machine(machine(1).id, finish=finish(code=300))
    ended = await record.machine(machine(1).id)
    assert ended is not None
    assert (ended.state, ended.message_code, ended.outcome_kind) == ("ended", 200, "ok")
    assert len(await record.accounting(ended_from=0.0, limit=10)) == 1


async def test_two_ends_at_the_same_time_are_one(record: Record) -> None:
    await record.create_machine(machine(1))
    ends = [record.finish_machine(machine(1).id, finish=finish()) for _ in range(8)]
    assert sorted(await asyncio.gather(*ends)) == [False] * 7 + [True]


async def test_nothing_changes_a_machine_that_has_ended(record: Record) -> None:
    await record.create_machine(machine(1))
    await record.finish_machine(machine(1).id, finish=finish())
    assert not await record.change_machine(machine(1).id, state="running")
    assert [row.state for row in await record.machines(unfinished=False)] == ["ended"]
    assert await record.machines(unfinished=True) == []


async def test_the_end_of_an_unknown_machine_is_told_and_not_accounted(record: Record) -> None:
    assert not await record.finish_machine("nobody", finish=finish())
    assert await record.accounting(ended_from=0.0, limit=10) == []


async def test_accounting_has_what_it_needs_and_outlives_the_machine(record: Record) -> None:
    await record.create_machine(machine(1))
    await record.change_machine(machine(1).id, started_wall=1_800_000_010.0)
    await record.finish_machine(machine(1).id, finish=finish(ended_wall=1_800_000_100.0))
    assert await record.forget_machine(machine(1).id)
    assert await record.machine(machine(1).id) is None
    (row,) = await record.accounting(ended_from=1_800_000_100.0, limit=10)
    assert (row.uuid, row.accounting_fqan, row.processors) == (machine(1).uuid, "/example/Role=pilot", 2)
    assert (row.started_wall, row.ended_wall) == (1_800_000_010.0, 1_800_000_100.0)
    assert (row.wall_seconds, row.cpu_seconds) == (90.0, 150.0)
    assert (row.benchmark_name, row.benchmark_per_processor) == ("HEPscore23", 15.3)


def _with_wall_seconds(seconds: float) -> Finish:
    return msgspec.structs.replace(finish(), wall_seconds=seconds)


def _end_of_one_that_began(wall: float, seconds: float) -> Finish:
    return msgspec.structs.replace(finish(), started_wall=wall, wall_seconds=seconds)


async def test_wall_seconds_that_a_better_clock_measured_stand(record: Record) -> None:
    await record.create_machine(machine(1, started_wall=1_800_000_010.0))
    await record.finish_machine(machine(1).id, finish=_with_wall_seconds(42.0))
    assert [row.wall_seconds for row in await record.accounting(ended_from=0.0, limit=10)] == [42.0]


async def test_a_wall_clock_set_back_accounts_nothing_below_zero(record: Record) -> None:
    await record.create_machine(machine(1, started_wall=1_800_000_500.0))
    await record.finish_machine(machine(1).id, finish=finish(ended_wall=1_800_000_100.0))
    assert [row.wall_seconds for row in await record.accounting(ended_from=0.0, limit=10)] == [0.0]


async def test_a_machine_that_never_started_has_an_outcome_and_no_accounting(record: Record) -> None:
    await record.create_machine(machine(1))
    assert await record.finish_machine(machine(1).id, finish=finish())
    assert await record.accounting(ended_from=0.0, limit=10) == []
    assert [row.outcome_kind for row in await record.recent(10)] == ["ok"]


async def test_a_machine_whose_start_a_kill_kept_from_the_record_is_accounted(record: Record) -> None:
    await record.create_machine(machine(1))
    end = _end_of_one_that_began(1_800_000_040.0, 60.0)
    await record.finish_machine(machine(1).id, finish=end)
    (row,) = await record.accounting(ended_from=0.0, limit=10)
    assert (row.started_wall, row.ended_wall, row.wall_seconds) == (1_800_000_040.0, 1_800_000_100.0, 60.0)


async def test_a_machine_that_ended_as_it_began_is_accounted_as_one_that_ran(record: Record) -> None:
    await record.create_machine(machine(1))
    end = _end_of_one_that_began(1_800_000_100.0, 0.0)
    await record.finish_machine(machine(1).id, finish=end)
    (row,) = await record.accounting(ended_from=0.0, limit=10)
    assert (row.started_wall, row.wall_seconds) == (1_800_000_100.0, 0.0)
    assert {(one.what, one.count) for one in await record.counts()} == {("started", 1), ("ended", 1)}


async def test_an_unfinished_machine_is_not_forgotten(record: Record) -> None:
    await record.create_machine(machine(1))
    assert not await record.forget_machine(machine(1).id)
    assert await record.machine(machine(1).id) == machine(1)


async def test_a_name_means_the_latest_machine_and_id_and_uuid_mean_theirs(record: Record) -> None:
    name = "node1-01.example.org"
    await record.create_machine(machine(1, name=name))
    await record.finish_machine(machine(1).id, finish=finish())
    await record.create_machine(machine(2, name=name))
    found = [await record.machine(key) for key in (name, machine(1).id, machine(1).uuid, "nobody")]
    assert [row.number if row else None for row in found] == [2, 1, 1, None]


async def test_the_machines_that_ended_last_come_newest_first(record: Record) -> None:
    for number, ended in ((1, 300.0), (2, 100.0), (3, 200.0), (4, 400.0)):
        await record.create_machine(machine(number))
        await record.finish_machine(machine(number).id, finish=finish(ended_wall=ended))
    await record.create_machine(machine(5))
    assert [row.number for row in await record.recent(3)] == [4, 1, 3]


async def test_machines_of_a_window_are_found_by_the_whole_of_its_identity(record: Record) -> None:
    await record.create_machine(machine(1))
    await record.finish_machine(machine(1).id, finish=finish())
    await record.create_machine(machine(2, window_number=4))
    await record.create_machine(machine(3, window_opener="node9.example.org"))
    await record.create_machine(machine(4, target="idle"))
    await record.create_machine(machine(5))
    found = await record.under_window("mandelbrot", 3, "node2.example.org")
    assert [row.number for row in found] == [1, 5]


async def test_who_stops_waiting_for_a_write_does_not_undo_it(record: Record) -> None:
    await record.create_machine(machine(1))
    waiting = asyncio.create_task(record.finish_machine(machine(1).id, finish=finish()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [row.state for row in await record.machines(unfinished=False)] == ["ended"]


async def test_a_closed_record_answers_that_nothing_is_kept(clocks: Clocks, path: Path) -> None:
    record = await clocks.open(path)
    await record.close()
    with pytest.raises(NotWrittenError, match="the record is closed"):
        await record.create_machine(machine(1))
