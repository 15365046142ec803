"""Files that a machine PUTs: whole or not there, bounded, and never the last of the disk."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.unit.machines.metadata_samples import resident
from vacnet.machines.metadata import outputs as of_outputs
from vacnet.machines.metadata.outputs import Outputs, RefusedError, refusal


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return resident(tmp_path).spec.directory


@pytest.fixture
def outputs(tmp_path: Path, home: Path) -> Outputs:
    return Outputs(resident(tmp_path).spec)


def put(outputs: Outputs, name: str, body: bytes, length: int | None = None) -> None:
    incoming = outputs.begin(name, length)
    try:
        incoming.write(body)
        incoming.finish()
    finally:
        incoming.drop()


def refused(outputs: Outputs, name: str, body: bytes = b"x", length: int | None = None) -> tuple[int, str]:
    with pytest.raises(RefusedError) as refusal:
        put(outputs, name, body, length)
    return refusal.value.status, str(refusal.value)


def test_a_file_has_its_name_when_it_is_whole(outputs: Outputs, home: Path) -> None:
    incoming = outputs.begin("log", None)
    incoming.write(b"first ")
    assert list((home / "joboutputs").iterdir()) == []
    incoming.write(b"second")
    incoming.finish()
    incoming.drop()
    assert (home / "joboutputs/log").read_bytes() == b"first second"
    put(outputs, "log", b"newer")
    assert (home / "joboutputs/log").read_bytes() == b"newer"
    assert not list(home.glob(".incoming-*"))


def test_its_bytes_and_then_its_name_are_synced_before_it_is_acknowledged(
    outputs: Outputs, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bytes]] = []
    sync = os.fsync

    def seen(descriptor: int) -> None:
        what = Path(f"/proc/self/fd/{descriptor}").resolve()
        file = what / "log" if what.is_dir() else what
        synced.append((what.name[:10], file.read_bytes()))
        sync(descriptor)

    monkeypatch.setattr("os.fsync", seen)
    outputs.keep("log", b"all of it")
    assert synced == [(".incoming-", b"all of it"), ("joboutputs", b"all of it")]


def test_one_that_was_broken_off_leaves_the_older_one(outputs: Outputs, home: Path) -> None:
    put(outputs, "log", b"whole")
    incoming = outputs.begin("log", None)
    incoming.write(b"half")
    incoming.drop()
    assert (home / "joboutputs/log").read_bytes() == b"whole"
    assert not list(home.glob(".incoming-*"))


def test_what_a_kill_left_is_removed_at_the_next_start(tmp_path: Path, outputs: Outputs, home: Path) -> None:
    incoming = outputs.begin("log", None)
    incoming.write(b"half")
    assert list(home.glob(".incoming-*"))
    Outputs(resident(tmp_path).spec)
    assert not list(home.glob(".incoming-*"))
    incoming.drop()


def test_a_file_is_bounded_as_announced_and_as_sent(
    outputs: Outputs, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(outputs, "log", length=10 << 30) == (413, "a file may have 256 MiB, this one has 10.0 GiB")
    monkeypatch.setattr(of_outputs, "FILE_BYTES_MAX", 10)
    assert refused(outputs, "log", b"x" * 11) == (413, "a file may have 10 B, this one has more")
    assert list((home / "joboutputs").iterdir()) == []
    assert not list(home.glob(".incoming-*"))


def test_all_files_are_bounded_together(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_outputs, "TOTAL_BYTES_MAX", 100)
    put(outputs, "one", b"x" * 60)
    assert refused(outputs, "two", b"x", 60) == (507, "a machine's files may have 100 B between them")
    assert refused(outputs, "two", b"x" * 60)[0] == 507, "also when it was not announced"
    put(outputs, "one", b"y" * 90)


def test_a_hundred_thousand_files_are_a_thousand(outputs: Outputs, home: Path) -> None:
    for number in range(of_outputs.FILES_MAX):
        (home / f"joboutputs/{number}").touch()
    assert refused(outputs, "one-more") == (507, "a machine may have 1000 files")
    put(outputs, "7", b"written again")


def test_few_come_in_at_a_time(outputs: Outputs) -> None:
    coming = [outputs.begin(f"f{number}", None) for number in range(of_outputs.UPLOADS_MAX)]
    assert refused(outputs, "more") == (429, "4 files are coming in already; try again")
    outputs.keep("heartbeat", b"a heartbeat waits for none of them")
    for incoming in coming:
        incoming.drop()
    put(outputs, "more", b"x")


def test_the_last_of_the_disk_is_not_for_machines(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_outputs, "DISK_FREE_BYTES_MIN", 1 << 60)
    assert refused(outputs, "log") == (507, "the host's disk is full")


@pytest.mark.parametrize(
    "bound",
    [{"FILES_MAX": 0}, {"TOTAL_BYTES_MAX": 0}, {"DISK_FREE_BYTES_MIN": 1 << 60}],
)
def test_what_we_read_of_a_machine_is_taken_beyond_all_bounds(
    tmp_path: Path, bound: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = resident(tmp_path).spec
    machine = replace(machine, target=msgspec.structs.replace(machine.target, heartbeat_file="beat"))
    outputs = Outputs(machine)
    for name, value in bound.items():
        monkeypatch.setattr(of_outputs, name, value)
    for word in ("shutdown_message", "job_started", "beat"):
        put(outputs, word, b"x")
        outputs.keep(word, b"200 all done")
        assert (machine.directory / "joboutputs" / word).read_bytes() == b"200 all done"
        assert refused(outputs, word, b"x" * (of_outputs.WORD_BYTES_MAX + 1))[0] == 507, "that is no word"
    assert refused(outputs, "log")[0] == 507


def test_failures_of_the_disk_are_told_as_what_they_are() -> None:
    assert refusal(OSError(errno.ENOSPC, "No space left on device")).status == 507
    assert refusal(OSError(errno.EDQUOT, "Disk quota exceeded")).status == 507
    assert refusal(OSError(errno.EIO, "Input/output error")).status == 500


def test_a_name_that_is_a_directory_s_is_refused(outputs: Outputs, home: Path) -> None:
    (home / "joboutputs/logs").mkdir()
    assert refused(outputs, "logs") == (403, "that name is a directory's")


def test_a_link_in_the_way_is_replaced_and_not_followed(outputs: Outputs, home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"the host's")
    (home / "joboutputs/log").symlink_to(secret)
    put(outputs, "log", b"mine")
    assert secret.read_bytes() == b"the host's"
    assert not (home / "joboutputs/log").is_symlink()


def test_many_that_come_in_at_once_leave_the_last_of_the_disk(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each had room when it began; what others have written since takes it, or a length that was not told."""
    incoming = outputs.begin("log", None)
    incoming.write(b"first")
    monkeypatch.setattr(of_outputs, "DISK_FREE_BYTES_MIN", 1 << 60)
    with pytest.raises(RefusedError, match="the host's disk is full") as refused:
        incoming.write(b"second")
    incoming.drop()
    assert refused.value.status == 507
