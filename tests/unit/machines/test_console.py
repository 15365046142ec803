"""The bound of a console log."""

from pathlib import Path

import pytest

from vacnet.machines import console


def test_a_log_within_its_bound_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    assert not console.too_long(log)
    log.write_bytes(b"x" * console.BYTES_MAX)
    assert not console.too_long(log)
    console.trim(log)
    assert log.stat().st_size == console.BYTES_MAX


def test_head_and_tail_are_kept_and_the_middle_says_what_is_missing(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    log.write_bytes(b"first" + b"x" * console.BYTES_MAX + b"last")
    assert console.too_long(log)
    console.trim(log)
    kept = log.read_bytes()
    assert kept.startswith(b"first")
    assert kept.endswith(b"last")
    lost = len(b"firstlast") + console.BYTES_MAX - console.HEAD_BYTES - console.TAIL_BYTES
    assert f"[vacnet: {lost} bytes left out here".encode() in kept
    assert len(kept) < console.HEAD_BYTES + console.TAIL_BYTES + 200


def test_a_machine_that_writes_on_writes_behind_the_tail(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    with log.open("ab") as writer:
        for _ in range(5):
            writer.write(b"y" * (console.BYTES_MAX + 1))
            writer.flush()
            console.trim(log)
            assert log.stat().st_size < console.BYTES_MAX
        writer.write(b"the end")
    assert log.read_bytes().endswith(b"yyythe end")


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"x" * (console.BYTES_MAX + 1))
    (tmp_path / "console.log").symlink_to(other)
    assert not console.too_long(tmp_path / "console.log")
    with pytest.raises(OSError, match="symbolic"):
        console.trim(tmp_path / "console.log")
    assert other.stat().st_size == console.BYTES_MAX + 1
