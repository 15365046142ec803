"""What a machine may do to its joboutputs, and what is read of it."""

import os
import socket
from pathlib import Path

import pytest

from vacnet.machines.message import read_message, time_stamp
from vacnet.outcomes import MESSAGE_BYTES_MAX


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("700 the host's secret")
    (tmp_path / "joboutputs").mkdir()
    return tmp_path / "joboutputs"


def test_an_ordinary_file_is_read_up_to_its_bound(outputs: Path) -> None:
    (outputs / "shutdown_message").write_bytes(b"200 done" + b"x" * 5_000_000)
    read = read_message(outputs)
    assert read is not None
    assert (read[:8], len(read)) == (b"200 done", MESSAGE_BYTES_MAX)


def test_no_file_is_no_message(outputs: Path) -> None:
    assert read_message(outputs) is None
    assert read_message(outputs / "nowhere") is None


def test_a_link_is_not_followed(outputs: Path) -> None:
    (outputs / "shutdown_message").symlink_to(outputs.parent / "secret")
    assert read_message(outputs) is None
    assert time_stamp(outputs, "shutdown_message") is None


def test_a_second_name_of_somebody_elses_file_is_not_read(outputs: Path) -> None:
    os.link(outputs.parent / "secret", outputs / "shutdown_message")
    assert read_message(outputs) is None


def test_joboutputs_that_became_a_link_are_not_read(outputs: Path) -> None:
    elsewhere = outputs.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "shutdown_message").write_text("200 not mine")
    outputs.rmdir()
    outputs.symlink_to(elsewhere)
    assert read_message(outputs) is None


@pytest.mark.timeout(10)
def test_a_fifo_keeps_nobody_waiting(outputs: Path) -> None:
    os.mkfifo(outputs / "shutdown_message")
    assert read_message(outputs) is None
    assert time_stamp(outputs, "shutdown_message") is None


def test_a_directory_and_a_socket_are_no_message(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (outputs / "shutdown_message").mkdir()
    assert read_message(outputs) is None
    (outputs / "shutdown_message").rmdir()
    monkeypatch.chdir(outputs)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("shutdown_message")
        assert read_message(outputs) is None


# Nobody else can make the device that is not to be opened, and no other file behaves like it; continuous
# integration is root.
@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_not_opened(outputs: Path) -> None:
    try:
        os.mknod(outputs / "shutdown_message", 0o20666, os.makedev(1, 5))
    except PermissionError:
        # Containers without CAP_MKNOD refuse it to root too, and there is no other way to have a device here.
        pytest.skip("this host lets nobody make devices")
    assert read_message(outputs) is None


def test_a_name_that_no_file_can_have_is_not_there(outputs: Path) -> None:
    assert time_stamp(outputs, "a\0b") is None
    assert time_stamp(outputs, "x" * 300) is None
