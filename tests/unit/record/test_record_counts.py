"""What is counted of machines: each start and each end once, in the write that says so, and never less."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.record.record_samples import Clocks, finish, machine
from vacnet.outcomes import Kind
from vacnet.record import Finish, Record
from vacnet.record.schema import MIGRATIONS, migrate

DEEDS = ("create", "start", "finish", "not made", "forget", "reopen")
Found = dict[tuple[str, str], int]


async def _found(record: Record) -> Found:
    return {(one.what, one.outcome): one.count for one in await record.counts()}


def _finish(kind: Kind, *, made: bool = True) -> Finish:
    return Finish(
        ended_wall=1_800_000_100.0,
        outcome_kind=kind,
        outcome_blame="nobody",
        message_code=200,
        message_text="",
        by_vacnet=False,
        made=made,
    )


class _Story:
    """Does one thing after another to a record, and counts by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.expected: Counter[tuple[str, str]] = Counter()
        self.states: dict[int, str] = {}

    async def play(self, deeds: list[tuple[str, int, Kind]]) -> None:
        record = await Clocks().open(self.path)
        for deed, number, kind in deeds:
            before = await _found(record)
            if deed == "reopen":
                await record.close()
                record = await Clocks().open(self.path)
            else:
                await self._do(record, deed, number, kind)
            after = await _found(record)
            assert after == dict(self.expected)
            assert all(after.get(key, 0) >= count for key, count in before.items())
        await record.close()

    async def _do(self, record: Record, deed: str, number: int, kind: Kind) -> None:
        state, row = self.states.get(number, ""), machine(number)
        if deed == "create" and not state:
            await record.create_machine(row)
            self.states[number] = "created"
        elif deed == "start":
            await record.change_machine(row.id, state="running", started_wall=row.created_wall + 1)
            self.expected["started", ""] += state == "created"
            self.states[number] = "running" if state == "created" else state
        elif deed in {"finish", "not made"}:
            await record.finish_machine(row.id, finish=_finish(kind, made=deed == "finish"))
            key = ("ended", str(kind)) if deed == "finish" else ("not-made", "")
            self.expected[key] += state in {"created", "running"}
            self.states[number] = "ended" if state else ""
        elif deed == "forget" and await record.forget_machine(row.id):
            self.states[number] = ""
        self.expected = +self.expected


@settings(max_examples=40, deadline=None)
@given(
    deeds=st.lists(
        st.tuples(st.sampled_from(DEEDS), st.integers(1, 3), st.sampled_from(tuple(Kind))), max_size=25
    )
)
def test_whatever_is_done_and_done_again_each_start_and_end_counts_once(
    deeds: list[tuple[str, int, Kind]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(_Story(Path(directory) / "vacnet.db").play(deeds))


async def test_a_count_says_when_it_last_rose(record: Record) -> None:
    await record.create_machine(machine(1))
    await record.finish_machine(machine(1).id, finish=finish(1_800_000_100.0))
    (count,) = await record.counts()
    assert (count.what, count.target, count.last_wall) == ("ended", "mandelbrot", 1_800_000_100.0)


async def test_a_record_from_before_there_were_counts_begins_with_what_it_knows(
    clocks: Clocks, path: Path
) -> None:
    record = await clocks.open(path)
    for number in (1, 2, 3, 4):
        await record.create_machine(machine(number))
    for number in (1, 2, 3):
        await record.change_machine(machine(number).id, state="running", started_wall=1_800_000_001.0)
    for number in (1, 2):
        await record.finish_machine(machine(number).id, finish=finish())
    await record.forget_machine(machine(1).id)
    counted = await record.counts()
    await record.close()

    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("DROP TABLE counts")
        connection.execute("ALTER TABLE machines DROP COLUMN ended_boot")
        connection.execute("PRAGMA user_version = 2")
        migrate(connection, MIGRATIONS)
    record = await clocks.open(path)
    assert await record.counts() == counted
    assert {one.what: one.count for one in counted} == {"started": 3, "ended": 2}
    await record.close()
