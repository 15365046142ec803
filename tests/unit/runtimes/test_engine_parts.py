"""What runtimes of somebody else's daemon share: when it is asked at all, and one deed at a time."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from vacnet.runtimes.engine.locks import Locks
from vacnet.runtimes.engine.used import Used


async def test_deeds_to_one_machine_wait_for_each_other_also_when_one_ended_meanwhile() -> None:
    locks, done = Locks(), list[str]()

    async def deed(name: str) -> None:
        async with locks.of("1"):
            done.append(f"{name} begins")
            await asyncio.sleep(0)
            gc.collect()
            done.append(f"{name} ends")

    await asyncio.gather(*(deed(name) for name in "abc"))
    await deed("d")
    assert done == [f"{name} {what}" for name in "abcd" for what in ("begins", "ends")]


async def test_machines_do_not_wait_for_each_other() -> None:
    locks = Locks()
    async with locks.of("1"):
        assert locks.of("1").locked()
        assert not locks.of("2").locked()


async def test_an_engine_is_asked_where_it_is_wanted_or_was_used_before(tmp_path: Path) -> None:
    used = Used(tmp_path / "engine.used")
    assert not used.awake
    used.wake()
    await asyncio.wait_for(used.wait(), 5)
    assert not Used(tmp_path / "engine.used").awake
    used.leave_mark()
    assert Used(tmp_path / "engine.used").awake


async def test_a_mark_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    used = Used(tmp_path / "away" / "engine.used")
    with pytest.raises(FileNotFoundError):
        used.leave_mark()
