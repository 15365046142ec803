"""The album: pictures are kept while a factory runs, read back whole, and told of when the disk fails."""

from __future__ import annotations

import asyncio
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.unit.console import scenes
from tests.unit.factory.conftest import Until
from vacnet.factory import album as room
from vacnet.factory.album import FILE, Album, Page, packed, unpacked
from vacnet.factory.client import Machines, SpaceState
from vacnet.record.pictures import Kept, Pictures, interval_seconds

PAGE = Page(scenes.DRAINING, scenes.MACHINES["ended"].machines)
HERE = "vac01.example.org"


class Present:
    """What is seen now: another space at each look."""

    def __init__(self) -> None:
        self.looks = 0
        self.machines_now = scenes.MACHINES["working"]

    async def space(self) -> SpaceState:
        self.looks += 1
        return msgspec.structs.replace(scenes.HEALTHY, time=scenes.NOW + 10 * self.looks)

    async def machines(self, ended: int) -> Machines:
        assert ended == 0, "what has ended is in the record"
        return self.machines_now


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the log is told."""
    lines: list[str] = []
    monkeypatch.setattr(
        room, "tell", lambda name, fields, *, warning: lines.append(f"{name} {fields['why']} {warning}")
    )
    return lines


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Have the album wait for nothing, and return for how long it would have waited."""
    asked: list[float] = []

    async def at_once(seconds: float) -> None:
        if seconds >= room.FIRST_SECONDS:  # below that it is the test that waits
            asked.append(seconds)
        await real(0)

    real = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", at_once)
    yield asked
    monkeypatch.undo()


def test_a_page_is_what_it_was_when_it_is_unpacked() -> None:
    assert unpacked(Kept(1.0, packed(PAGE))) == PAGE


def test_a_page_of_an_older_version_lacks_what_is_newer_and_one_of_a_newer_has_more() -> None:
    older = msgspec.msgpack.decode(msgspec.msgpack.encode(PAGE))
    for target in older[0]["targets"]:
        del target["outcomes"], target["last_code"]
    older[0]["of_a_later_version"] = {"more": 1}
    older[0]["targets"][0]["later"] = [1]
    page = unpacked(Kept(1.0, zlib.compress(msgspec.msgpack.encode(older))))
    assert page.space.factories == PAGE.space.factories
    assert {target.outcomes for target in page.space.targets} == {()}


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b"\0" * (room.UNPACKED_BYTES_MAX + 1))
    with pytest.raises((msgspec.MsgspecError, zlib.error)):
        unpacked(Kept(1.0, bomb))


async def test_a_picture_is_kept_again_and_again_and_found_again(
    tmp_path: Path, waits: list[float], until: Until
) -> None:
    album, seen = Album(tmp_path), Present()
    album.begin(seen)
    await until(lambda: seen.looks >= 4)
    await album.close()
    assert waits[0] == room.FIRST_SECONDS
    size = len(packed(Page(scenes.HEALTHY, seen.machines_now.machines)))
    assert waits[1:] == [pytest.approx(interval_seconds(size), rel=0.01)] * len(waits[1:])
    again = Album(tmp_path)
    now = scenes.NOW + 1e6
    newest = await again.past(HERE, now, now, 0)
    first = await again.past(HERE, now, scenes.NOW + 15, 0)
    second = await again.past(HERE, now, scenes.NOW + 15, 1)
    none = await again.past(HERE, now, scenes.NOW, 0)
    await again.close()
    assert (newest.factory, newest.time, newest.first) == (HERE, now, scenes.NOW + 10)
    assert newest.machines == scenes.MACHINES["working"].machines
    assert (first.made, second.made) == (scenes.NOW + 10, scenes.NOW + 20)
    assert first.space == msgspec.structs.replace(scenes.HEALTHY, time=scenes.NOW + 10)
    assert (none.made, none.space, none.first) == (None, None, scenes.NOW + 10)


async def test_a_large_space_is_kept_less_often(tmp_path: Path, waits: list[float], until: Until) -> None:
    album, seen = Album(tmp_path), Present()
    many = (scenes.machine(1, f"{n * 7919}", "running", id=f"{n * 104729:x}") for n in range(5_000))
    seen.machines_now = msgspec.structs.replace(seen.machines_now, machines=tuple(many))
    album.begin(seen)
    await until(lambda: seen.looks >= 2)
    await album.close()
    body = packed(Page(await seen.space(), seen.machines_now.machines))
    assert waits[1] == pytest.approx(interval_seconds(len(body)), rel=0.01)
    assert waits[1] > 100.0


async def test_without_pictures_there_is_no_beginning(tmp_path: Path) -> None:
    album = Album(tmp_path)
    answer = await album.past(HERE, 5.0, 5.0, 0)
    await album.close()
    assert (answer.first, answer.made, answer.space) == (None, None, None)


async def test_a_disk_at_fault_is_told_once_and_the_factory_goes_on(tmp_path: Path, told: list[str]) -> None:
    album = Album(tmp_path / "none")
    album.begin(Present())
    answer = await album.past(HERE, 5.0, 5.0, 0)
    await album.close()
    assert len(told) == 1
    assert told[0].startswith(f"record.no-pictures {FILE}: ")
    assert answer.first is None


async def test_a_full_disk_is_told_once_until_the_words_are_others_and_keeping_goes_on(
    tmp_path: Path, told: list[str], waits: list[float], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["database or disk is full"]

    def full(self: Pictures, time: float, body: bytes) -> None:
        if words[0]:
            raise sqlite3.OperationalError(words[0])
        kept(self, time, body)

    kept: Callable[[Pictures, float, bytes], None] = Pictures.add
    monkeypatch.setattr(Pictures, "add", full)
    album, seen = Album(tmp_path), Present()
    album.begin(seen)
    await until(lambda: seen.looks >= 5)
    assert told == [f"record.no-pictures {FILE}: database or disk is full True"]
    words[0] = "disk I/O error"
    await until(lambda: len(told) == 2)
    words[0] = ""
    looks = seen.looks
    await until(lambda: seen.looks >= looks + 3)
    answer = await album.past(HERE, 5.0, 1e12, 0)
    await album.close()
    assert answer.space is not None
    assert len(told) == 2


async def test_a_picture_that_nobody_can_read_has_its_time_and_can_be_stepped_over(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path / FILE)
    for time, body in ((1.0, packed(PAGE)), (2.0, b"rubbish"), (3.0, zlib.compress(b"\x91\xc0"))):
        pictures.add(time, body)
    pictures.close()
    album = Album(tmp_path)
    found = [await album.past(HERE, 9.0, 9.0, step) for step in (0, -1, -2)]
    await album.close()
    assert [answer.made for answer in found] == [3.0, 2.0, 1.0]
    assert [answer.space is None for answer in found] == [True, True, False]
