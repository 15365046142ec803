"""The systemd unit, without systemd: what it promises is in it, and the daemon keeps its side."""

from __future__ import annotations

import asyncio
import configparser
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.space.member import CHECKOUT, Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory import daemon, notify
from vacnet.factory.client import DrainOrder

MakeSpace = Callable[[int], Space]

UNIT = CHECKOUT / "conf" / "vacnet.service"
PATIENCE_SECONDS = 30.0


def _unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(UNIT.read_text())
    return read


SERVICE = _unit()["Service"]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("KillMode", "process", "machines outlive the daemon"),
        ("OOMPolicy", "continue", "a machine killed for memory takes no factory with it"),
        ("Type", "notify", "ready means adopted"),
        ("NotifyAccess", "main", "a machine may not speak for the factory"),
        ("Restart", "on-failure", "a crash is mended"),
        ("ExecReload", "/bin/kill -HUP $MAINPID", "SIGHUP reads all files"),
        ("StateDirectory", "vacnet", "/var/lib/vacnet"),
        ("RuntimeDirectory", "vacnet", "/run/vacnet"),
        ("RuntimeDirectoryPreserve", "yes", "override.toml holds until the reboot"),
        ("TasksMax", "infinity", "machines are many tasks"),
    ],
)
def test_the_unit_says_what_is_promised(key: str, value: str, why: str) -> None:
    assert SERVICE.get(key) == value, why


def test_nothing_hides_the_file_system_or_forbids_what_machines_do() -> None:
    breaking = (
        "Protect",
        "Private",
        "NoNewPrivileges",
        "RestrictNamespaces",
        "SystemCallFilter",
        "Memory",
        "User",
    )
    assert [key for key in SERVICE if key.startswith(breaking)] == []


def test_the_watchdog_is_fed_at_half_of_its_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", str(int(SERVICE["WatchdogSec"]) * 1_000_000))
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert notify.watchdog_seconds() == notify.STATUS_SECONDS


def test_bad_settings_are_not_tried_again_and_a_crash_is_for_ever() -> None:
    assert SERVICE["RestartPreventExitStatus"] == str(daemon.BAD_SETTINGS)
    assert _unit()["Unit"]["StartLimitIntervalSec"] == "0"


# Only systemd's own program knows its grammar, and hosts without it run vacnet without the unit; what that
# says is held by the tests around this one, which read it on any host.
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_no_fault_in_it(tmp_path: Path) -> None:
    copy = tmp_path / "vacnet.service"
    copy.write_text(UNIT.read_text().replace("/usr/local/bin/vacnet", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- the daemon's side ----------------------------------------------------------------------------


@pytest.fixture
def told(directory: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(directory / "notify"))
        made.settimeout(PATIENCE_SECONDS)
        yield made


def _until_told(told: socket.socket, line: str) -> list[str]:
    """Return the datagram with this line, past others."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        lines = told.recv(4096).decode().splitlines()
        if line in lines:
            return lines
    raise TimeoutError(f"{line} was not told")


@pytest.fixture
def factory(make_space: MakeSpace, directory: Path, told: socket.socket) -> Member:
    member = make_space(1).members[0]
    environment = {"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": "400000"}
    member.start(environment=environment)
    return member


def _pid(factory: Member) -> int:
    assert factory._child is not None
    return factory._child.pid


def test_it_is_ready_when_its_socket_answers_and_feeds_the_watchdog(
    factory: Member, told: socket.socket
) -> None:
    _until_told(told, "READY=1")
    assert factory.client().health().state == "ready"
    for _ in range(3):
        lines = _until_told(told, "WATCHDOG=1")
        assert any(line.startswith("STATUS=") for line in lines)


def test_a_reload_is_told_from_its_begin_to_its_end(factory: Member, told: socket.socket) -> None:
    _until_told(told, "READY=1")
    os.kill(_pid(factory), signal.SIGHUP)
    lines = _until_told(told, "RELOADING=1")
    assert any(line.startswith("MONOTONIC_USEC=") for line in lines)
    _until_told(told, "READY=1")


def test_the_status_line_says_who_drains_it_and_why(factory: Member, told: socket.socket) -> None:
    _until_told(told, "READY=1")
    factory.client().drain(DrainOrder(reason="new kernel", who="anna"))
    end = time.monotonic() + PATIENCE_SECONDS
    status = ""
    while "new kernel" not in status and time.monotonic() < end:
        lines = _until_told(told, "WATCHDOG=1")
        status = next(line for line in lines if line.startswith("STATUS="))
    assert "new kernel" in status
    assert re.search(r"; \d machines? of 1 target$", status)


def test_the_status_line_counts_machines_as_they_come(factory: Member, told: socket.socket) -> None:
    status = ""
    end = time.monotonic() + PATIENCE_SECONDS
    while status != "STATUS=2 machines of 1 target" and time.monotonic() < end:
        status = next(line for line in _until_told(told, "WATCHDOG=1") if line.startswith("STATUS="))
    assert status == "STATUS=2 machines of 1 target"


def test_no_watchdog_is_fed_while_the_loop_stands_still(
    told: socket.socket, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What feeds it is the loop itself and no thread beside it."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(directory / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    held, go_on, loop = threading.Event(), threading.Event(), asyncio.new_event_loop()
    feeding = loop.create_task(notify.feed_watchdog(lambda: "2 machines"))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        _until_told(told, "WATCHDOG=1")
        loop.call_soon_threadsafe(_hold, held, go_on)
        assert held.wait(PATIENCE_SECONDS)
        told.settimeout(0.5)  # ten times what lies between two
        with pytest.raises(TimeoutError):
            _hear_on(told)
        go_on.set()
        told.settimeout(PATIENCE_SECONDS)
        assert "STATUS=2 machines" in _until_told(told, "WATCHDOG=1")
    finally:
        go_on.set()
        loop.call_soon_threadsafe(feeding.cancel)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_line_end_in_a_status_begins_no_field(
    told: socket.socket, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(directory / "notify"))
    notify.tell_systemd(STATUS="a\nSTOPPING=1", WATCHDOG=1)
    assert told.recv(4096) == b"STATUS=a STOPPING=1\nWATCHDOG=1"


def test_its_end_is_told_and_its_machines_do_not_hear_of_the_notify_socket(
    factory: Member, told: socket.socket
) -> None:
    _until_told(told, "READY=1")
    until(
        lambda: any(m.state == "running" for m in factory.client().machines().machines),
        PATIENCE_SECONDS,
        "a machine runs",
    )
    machine = factory.client().machines().machines[0]
    environments = [_environment(int(pid.name)) for pid in Path("/proc").iterdir() if pid.name.isdigit()]
    its_own = [one for one in environments if machine.uuid in one]
    assert its_own
    assert not any("NOTIFY_SOCKET" in one for one in its_own)
    os.kill(_pid(factory), signal.SIGTERM)
    _until_told(told, "STOPPING=1")


def _hold(held: threading.Event, go_on: threading.Event) -> None:
    held.set()
    go_on.wait()


def _hear_on(told: socket.socket) -> None:
    """Take what was told before, and wait for more."""
    while told.recv(4096):
        pass


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""
