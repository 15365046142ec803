"""The ring of pictures: bounded by bytes, found by time with steps, begun anew where it cannot be used."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.record.pictures import (
    BYTES_MAX,
    INTERVAL_SECONDS_MIN,
    KEPT_SECONDS,
    Kept,
    Pictures,
    interval_seconds,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pictures.db"


@contextmanager
def opened(path: Path, bytes_max: int = BYTES_MAX) -> Iterator[Pictures]:
    pictures = Pictures(path, bytes_max)
    try:
        yield pictures
    finally:
        pictures.close()


@contextmanager
def ring(bytes_max: int = BYTES_MAX) -> Iterator[tuple[Path, Pictures]]:
    """Open one of its own: a property is tried many times in one test."""
    with TemporaryDirectory(prefix="vn-pictures") as directory:
        path = Path(directory, "pictures.db")
        with opened(path, bytes_max) as pictures:
            yield path, pictures


def kept(path: Path) -> list[tuple[float, int]]:
    """Return time and size of all that is in the file."""
    connection = sqlite3.connect(path)
    try:
        return list(connection.execute("SELECT time, length(body) FROM pictures ORDER BY serial"))
    finally:
        connection.close()


def test_an_empty_album_has_no_picture_and_no_beginning(path: Path) -> None:
    with opened(path) as pictures:
        assert (pictures.first(), pictures.find(1e10), pictures.find(1e10, 5), pictures.find(0, -5)) == (
            None,
            None,
            None,
            None,
        )


def test_the_last_picture_until_a_moment_is_found_and_none_before_the_first(path: Path) -> None:
    with opened(path) as pictures:
        for number in range(3):
            pictures.add(100.0 + 10 * number, b"%d" % number)
        assert pictures.first() == 100.0
        found = {at: pictures.find(at) for at in (99.9, 100.0, 109.9, 110.0, 5e9)}
    assert found == {
        99.9: None,
        100.0: Kept(100.0, b"0"),
        109.9: Kept(100.0, b"0"),
        110.0: Kept(110.0, b"1"),
        5e9: Kept(120.0, b"2"),
    }


@given(st.integers(1, 12), st.integers(0, 130), st.integers(-15, 15))
def test_steps_go_as_far_as_there_are_pictures(count: int, at: int, step: int) -> None:
    with ring() as (_, pictures):
        times = [10.0 * (number + 1) for number in range(count)]
        for time in times:
            pictures.add(time, b"x")
        until = sum(time <= at for time in times)
        place = until - 1 + step
        expected = None if until == 0 and step <= 0 else times[max(0, min(place, count - 1))]
        found = pictures.find(float(at), step)
    assert (found.time if found else None) == expected


@given(st.lists(st.integers(0, 120), min_size=1, max_size=40))
def test_what_is_kept_is_never_more_than_the_ring_holds_and_the_newest_stay(sizes: list[int]) -> None:
    with ring(100) as (path, pictures):
        for number, size in enumerate(sizes):
            pictures.add(float(number), bytes(size))
            found = kept(path)
            assert found[-1] == (float(number), size), "the newest is always there, whatever its size"
            assert len(found) == 1 or sum(one for _, one in found) <= 100
            assert [time for time, _ in found] == [float(n) for n in range(number + 1)][-len(found) :]


def test_what_is_kept_outlives_the_factory_and_counts_again(path: Path) -> None:
    with opened(path, 100) as pictures:
        pictures.add(1.0, bytes(60))
    with opened(path, 100) as pictures:
        pictures.add(2.0, bytes(60))
        assert pictures.first() == 2.0
        assert kept(path) == [(2.0, 60)]


def test_a_smaller_ring_lets_go_of_what_is_too_much(path: Path) -> None:
    with opened(path) as pictures:
        for number in range(10):
            pictures.add(float(number), bytes(100))
    with opened(path, 250) as pictures:
        pictures.add(10.0, bytes(100))
    assert kept(path) == [(9.0, 100), (10.0, 100)]


def test_a_clock_that_went_back_hides_no_picture(path: Path) -> None:
    with opened(path) as pictures:
        pictures.add(100.0, b"first")
        pictures.add(50.0, b"after the clock was set")
        assert pictures.find(60.0) == Kept(50.0, b"after the clock was set")
        assert pictures.find(60.0, -1) == Kept(100.0, b"first"), "steps go as pictures were made"
        assert pictures.first() == 50.0


@pytest.mark.parametrize("rubbish", [b"no database at all", b"SQLite format 3\x00" + bytes(range(256)) * 40])
def test_a_file_that_is_no_database_is_begun_anew(path: Path, rubbish: bytes) -> None:
    path.write_bytes(rubbish)
    path.with_name("pictures.db-wal").write_bytes(b"rubbish too")
    with opened(path) as pictures:
        assert pictures.first() is None
        pictures.add(1.0, b"one")
        assert pictures.find(2.0) == Kept(1.0, b"one")


def test_nobody_else_may_read_it(path: Path) -> None:
    with opened(path):
        assert path.stat().st_mode & 0o777 == 0o600


def test_where_there_is_no_folder_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Pictures(tmp_path / "none" / "pictures.db")


def test_a_full_disk_is_told_and_takes_nothing_of_what_is_there(path: Path) -> None:
    """A file may not grow here, which is what SQLite sees of a full disk: a write that fails."""
    with opened(path) as pictures:
        pictures.add(1.0, b"one")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
        try:
            with pytest.raises(sqlite3.Error):
                pictures.add(2.0, bytes(1 << 20))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert pictures.find(5.0) == Kept(1.0, b"one")
        pictures.add(3.0, b"three")
        assert pictures.find(5.0, -1) == Kept(1.0, b"one")


def test_a_picture_that_was_not_written_does_not_count(path: Path) -> None:
    with opened(path, 1_000) as pictures:
        pictures.add(1.0, bytes(600))
        pictures._connection.execute("PRAGMA query_only = ON")
        for _ in range(5):
            with pytest.raises(sqlite3.Error):
                pictures.add(2.0, bytes(300))
        pictures._connection.execute("PRAGMA query_only = OFF")
        pictures.add(3.0, bytes(300))
    assert kept(path) == [(1.0, 600), (3.0, 300)]


def test_it_is_asked_and_written_by_several_threads_at_once(path: Path) -> None:
    with opened(path, 5_000) as pictures:
        troubles: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for step in range(40):
                    pictures.add(float(step), bytes(100))
                    assert pictures.find(1e9, -step) is not None
                    assert pictures.first() is not None
            except BaseException as error:  # noqa: BLE001 (told by the test)
                troubles.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert troubles == []
    assert len(kept(path)) == 50


def test_a_week_has_room_whatever_the_size_of_a_picture() -> None:
    for size in (1, 700, 7_000, 70_000, 7_000_000):
        interval = interval_seconds(size)
        assert interval >= INTERVAL_SECONDS_MIN
        assert size * KEPT_SECONDS / interval <= BYTES_MAX * (1 + 1e-9)
    assert interval_seconds(0) == INTERVAL_SECONDS_MIN
