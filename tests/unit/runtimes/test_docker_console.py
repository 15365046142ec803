"""The copy of an engine's log: nothing lost, nothing doubled, whatever the pieces."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.runtimes.docker.api import frames_of
from vacnet.runtimes.docker.console import ALL, NOTE, Mark, new_of, since_of, split

BASE = 1_769_860_800 * 10**9


def entry(at: int, said: bytes) -> bytes:
    """Return an entry as an engine writes it."""
    seconds = datetime.fromtimestamp(at // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{seconds}.{at % 10**9:09d}Z ".encode() + said


def engine_gives(log: list[tuple[int, bytes]], since: int) -> list[bytes]:
    """Return what an engine answers: all from a time on."""
    return [entry(at, said) for at, said in log if at >= since]


@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=8)), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=6),
)
def test_a_log_copied_in_any_rounds_is_the_log(steps: list[tuple[int, bytes]], cuts: list[int]) -> None:
    at, log = BASE, []
    for step, said in steps:
        at += step  # pieces of one line have one time
        log.append((at, said))
    mark, copied = Mark(0), []
    for cut in [*sorted(cuts), len(log)]:
        copied += list(new_of(engine_gives(log[:cut], mark.at), mark))
    assert b"".join(copied) == b"".join(said for _, said in log)


def test_what_an_engine_threw_away_is_said() -> None:
    mark = Mark(0)
    assert list(new_of(engine_gives([(BASE, b"a\n")], 0), mark)) == [b"a\n"]
    assert list(new_of(engine_gives([(BASE + 9, b"z\n")], mark.at), mark)) == [NOTE, b"z\n"]


def test_after_a_restart_entries_of_the_last_time_are_not_copied_again() -> None:
    mark = Mark(BASE)
    assert mark.copied == ALL
    log = [(BASE, b"a\n"), (BASE, b"b\n"), (BASE + 1, b"c\n")]
    assert list(new_of(engine_gives(log, mark.at), mark)) == [b"c\n"]


def test_entries_of_two_streams_out_of_order_are_all_copied() -> None:
    mark = Mark(0)
    log = [(BASE + 5, b"a\n"), (BASE + 3, b"b\n"), (BASE + 7, b"c\n")]
    assert list(new_of(engine_gives(log, 0), mark)) == [b"a\n", b"b\n", b"c\n"]
    assert mark.at == BASE + 7


@pytest.mark.parametrize("fraction", ["", ".1", ".123456789"])
def test_times_are_read_to_the_nanosecond(fraction: str) -> None:
    at, said = split(f"2026-01-31T12:00:00{fraction}Z words".encode())
    assert (at, said) == (BASE + int(fraction.removeprefix(".").ljust(9, "0")), b"words")


def test_an_entry_without_a_time_is_kept_as_it_is() -> None:
    assert split(b"no time here") == (0, b"no time here")


def test_a_time_is_asked_for_with_all_its_digits() -> None:
    assert since_of(BASE + 7) == "1769860800.000000007"


@given(frames=st.lists(st.binary(max_size=50), max_size=20), size=st.integers(1, 64))
def test_frames_are_found_however_the_stream_is_cut(frames: list[bytes], size: int) -> None:
    stream = b"".join(struct.pack(">BxxxL", 1, len(frame)) + frame for frame in frames)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert list(frames_of(pieces)) == frames
