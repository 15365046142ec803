"""The counts of the record on their way to the metrics: a disk that hangs stops nothing, takes none back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from vacnet.factory import counts as of_counts
from vacnet.factory.counts import Counts
from vacnet.record import Count, RecordError

ONE = (Count(what="started", target="t", outcome="", count=1, last_wall=0.0),)
TWO = (Count(what="started", target="t", outcome="", count=2, last_wall=0.0),)


class _Record:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: asyncio.Future[Sequence[Count]] = asyncio.get_running_loop().create_future()

    async def read(self) -> Sequence[Count]:
        self.asked += 1
        return await asyncio.shield(self.answer)


async def test_a_record_that_does_not_answer_is_asked_once_and_what_it_told_last_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(of_counts, "PATIENCE_SECONDS", 0.01)
    record = _Record()
    counts = Counts(record.read)
    assert await counts.look() is None
    assert await counts.look() is None
    assert record.asked == 1
    record.answer.set_result(ONE)
    assert await counts.look() == ONE
    record.answer = asyncio.get_running_loop().create_future()
    assert await counts.look() == ONE
    record.answer.set_result(TWO)
    assert await counts.look() == TWO


async def test_a_record_that_cannot_be_read_takes_no_count_back() -> None:
    record = _Record()
    counts = Counts(record.read)
    record.answer.set_result(ONE)
    assert await counts.look() == ONE
    record.answer = asyncio.get_running_loop().create_future()
    record.answer.set_exception(RecordError("the disk is sick"))
    assert await counts.look() == ONE
