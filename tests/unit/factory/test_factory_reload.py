"""Edits are noticed however a file is edited, each group is read alone, warnings come and go once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from vacnet.factory.notify import tell_systemd, watchdog_seconds
from vacnet.factory.reload import Group, Reloader
from vacnet.factory.warned import LINES_MAX, Warnings
from vacnet.factory.watch import Watch


def _write(path: Path) -> None:
    path.write_text("longer than before")


def _replace(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_text("1234")
    told = path.stat()
    os.utime(new, ns=(told.st_atime_ns, told.st_mtime_ns))
    new.rename(path)


def _touch_later(path: Path) -> None:
    told = path.stat()
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns + 1))


def _open_to_all(path: Path) -> None:
    path.chmod(0o644)


@pytest.mark.parametrize("edit", [_write, _replace, _touch_later, _open_to_all, Path.unlink])
def test_every_kind_of_edit_is_noticed_once(tmp_path: Path, edit: object) -> None:
    file = tmp_path / "a"
    file.write_text("abcd")
    file.chmod(0o600)
    watch = Watch(lambda: [file])
    assert not watch.edited()
    assert callable(edit)
    edit(file)
    assert watch.edited()
    assert not watch.edited()


def test_a_file_that_comes_into_a_directory_is_noticed(tmp_path: Path) -> None:
    watch = Watch(lambda: tmp_path.glob("*.toml"))
    (tmp_path / "b.toml").touch()
    assert watch.edited()


def test_only_the_group_that_was_edited_is_read_and_all_of_them_at_sighup(tmp_path: Path) -> None:
    read: list[str] = []
    (tmp_path / "peers").touch()
    keys = Group(Watch(lambda: [tmp_path / "keys"]), lambda: read.append("keys"))
    peers = Group(Watch(lambda: [tmp_path / "peers"]), lambda: read.append("peers"))
    reloader = Reloader([keys, peers])
    reloader.look()
    assert read == []
    (tmp_path / "peers").write_text("x")
    reloader.look()
    assert read == ["peers"]
    reloader.all()
    reloader.look()
    assert read == ["peers", "keys", "peers"]


def test_a_warning_is_told_when_it_comes_and_when_its_topic_is_well_again() -> None:
    told: list[tuple[str, ...]] = []
    warned = Warnings(lambda topic, line: told.append((topic, line)), lambda topic: told.append((topic,)))
    warned.replace("settings", ["a", "b"])
    warned.replace("settings", ["b", "c"])
    warned.replace("peers", [])
    assert told == [("settings", "a"), ("settings", "b"), ("settings", "c")]
    assert warned.all() == ("b", "c")
    warned.replace("settings", [])
    assert told[-1] == ("settings",)
    assert warned.all() == ()


def test_a_file_of_garbage_does_not_fill_the_header() -> None:
    warned = Warnings(lambda _topic, _line: None, lambda _topic: None)
    warned.replace("settings", map(str, range(1000)))
    assert len(warned.all()) == LINES_MAX


def test_systemd_is_told_over_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        tell_systemd(READY=1, STATUS="3 machines")
        assert systemd.recv(100) == b"READY=1\nSTATUS=3 machines"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell_systemd(READY=1)
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    tell_systemd(READY=1)


@pytest.mark.parametrize(
    ("microseconds", "pid", "expected"),
    [("30000000", "", 15.0), ("", "", None), ("30000000", "1", None), ("soon", "", None)],
)
def test_the_watchdog_is_fed_twice_in_its_patience(
    monkeypatch: pytest.MonkeyPatch, microseconds: str, pid: str, expected: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.setenv("WATCHDOG_PID", pid or str(os.getpid()))
    assert watchdog_seconds() == expected


def test_a_line_that_passes_is_shown_for_a_while_and_never_told_again() -> None:
    told: list[str] = []
    clock = [100.0]
    warned = Warnings(lambda topic, line: told.append(line), told.append, now=lambda: clock[0])
    for number in range(LINES_MAX + 5):
        warned.show_for(10.0, f"stranger {number}")
    assert len(warned.all()) == LINES_MAX
    clock[0] += 5.0
    warned.show_for(10.0, "stranger 24")
    clock[0] += 6.0
    assert warned.all() == warned.passing() == ("stranger 24",)
    assert told == []
