"""The bounded console log, fed through a real pipe into a real file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vacnet.runtimes.process import console
from vacnet.runtimes.process.console import Console


def _feed(path: Path, said: bytes) -> bytes:
    """Say `said` through a pipe, a piece at a time; return what the file holds."""
    source, end = os.pipe()
    log = Console(source, str(path))
    for start in range(0, len(said), console.CHUNK_BYTES):
        os.write(end, said[start : start + console.CHUNK_BYTES])
        assert log.copy()
        assert path.stat().st_size <= console.BYTES_MAX
    os.close(end)
    log.drain()
    return path.read_bytes()


def _words(count: int) -> bytes:
    """Return `count` bytes of which no part stands twice."""
    return b"".join(b"%09d\n" % number for number in range(count // 10 + 1))[:count]


@pytest.mark.parametrize("size", [0, 1, console.BYTES_MAX - 1, console.BYTES_MAX])
def test_what_fits_is_kept_whole(tmp_path: Path, size: int) -> None:
    assert _feed(tmp_path / "log", _words(size)) == _words(size)


@pytest.mark.parametrize("size", [console.BYTES_MAX + 1, 2 * console.BYTES_MAX, 37_000_001])
def test_of_more_the_beginning_and_the_newest_part_are_kept(tmp_path: Path, size: int) -> None:
    said = _words(size)
    log = _feed(tmp_path / "log", said)
    head, tail = log.split(console.NOTE)
    assert said.startswith(head)
    assert said.endswith(tail)
    assert len(head) == console.HEAD_BYTES
    assert len(tail) >= console.KEPT_BYTES
    assert len(log) <= console.BYTES_MAX


def test_output_of_a_log_that_is_there_goes_on_behind_it(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"before\n")
    assert _feed(tmp_path / "log", b"after\n") == b"before\nafter\n"


def test_a_full_disk_loses_words_and_nothing_else(tmp_path: Path) -> None:
    source, end = os.pipe()
    log = Console(source, "/dev/full")
    os.write(end, b"lost")
    assert log.copy()
    os.close(end)
    assert not log.copy()
    log.drain()


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    source, end = os.pipe()
    with pytest.raises(OSError, match="symbolic links"):
        Console(source, str(tmp_path / "log"))
    os.close(source)
    os.close(end)
