"""How a machine ended, from what libvirt says of its domain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtimes.libvirt_samples import BOOT, off
from vacnet.runtimes.libvirt import disks, giving_up, labels
from vacnet.runtimes.libvirt.look import Off, Paused, State
from vacnet.runtimes.libvirt.seen import Known, Stuck, describe, stuck


def ending(reason: int, *, witnessed: bool = True, **known: Any) -> tuple[str, str]:
    """Return why a domain was lost, and how it failed."""
    seen = describe(off(reason, witnessed=witnessed), Known(**{"boot_id": BOOT, **known}))
    assert not seen.running
    return seen.lost, seen.failed


def test_a_guest_that_switched_itself_off_was_not_lost_and_did_not_fail() -> None:
    assert ending(Off.SHUT_DOWN) == ("", "")


def test_a_domain_of_an_earlier_boot_ended_with_the_host() -> None:
    assert ending(Off.CRASHED, boot_id="another") == ("host rebooted", "")


def test_a_domain_without_a_console_never_ran() -> None:
    assert ending(Off.UNKNOWN, began=False) == ("factory restarted before it started", "")
    assert ending(Off.UNKNOWN) == ("", "")
    assert not describe(off(Off.UNKNOWN), Known(boot_id=BOOT, began=False)).began
    assert describe(off(Off.UNKNOWN), Known(boot_id=BOOT)).began


def test_one_whose_start_failed_with_nobody_there_to_be_told_never_ran() -> None:
    assert ending(Off.FAILED) == ("factory restarted before it started", "")


@pytest.mark.parametrize("reason", [Off.DESTROYED, Off.FROM_SNAPSHOT, Off.MIGRATED])
def test_what_others_ended_is_no_fault_of_its_own(reason: int) -> None:
    assert ending(reason) == ("ended by a foreign hand", "")


def test_one_that_a_new_libvirt_ended_because_its_start_was_cut_off_is_not_to_blame() -> None:
    assert ending(Off.DAEMON) == ("libvirt restarted", "")


def test_a_crash_tells_where_to_look() -> None:
    lost, failed = ending(Off.CRASHED)
    assert (lost, "/var/log/libvirt/qemu/wn01-03.example.org.log" in failed) == ("", True)


def test_a_crash_that_nobody_saw_may_have_been_none() -> None:
    lost, failed = ending(Off.CRASHED, witnessed=False)
    assert ("/var/log/libvirt/qemu/wn01-03.example.org.log" in lost, failed) == (True, "")


def test_when_it_ended_is_what_its_files_say_if_we_were_not_there(tmp_path: Path) -> None:
    assert disks.touched_wall(tmp_path) is None
    (tmp_path / "root.qcow2").touch()
    known = Known(boot_id=BOOT, ended_wall=disks.touched_wall(tmp_path))
    assert describe(off(witnessed=False), known).ended_wall == (tmp_path / "root.qcow2").stat().st_ctime
    assert describe(off(), known).ended_wall is None
    assert describe(off(state=State.RUNNING, witnessed=False), known).ended_wall is None


def test_what_was_written_down_before_it_was_ended_stands(tmp_path: Path) -> None:
    assert giving_up.written(tmp_path) is None
    giving_up._write(tmp_path, Stuck(failed="its kernel panicked"))
    assert ending(Off.DESTROYED, stuck=giving_up.written(tmp_path)) == ("", "its kernel panicked")
    (tmp_path / giving_up.FILE).write_text("{")
    assert giving_up.written(tmp_path) is None


@pytest.mark.parametrize(
    ("state", "reason", "failed", "lost"),
    [
        (State.CRASHED, 1, "panicked", ""),
        (State.PAUSED, Paused.IO_ERROR, "host's disk full", ""),
        (State.PAUSED, 10, "reason 10", ""),
        (State.PAUSED, Paused.USER, "", "paused by a foreign hand"),
        (State.SUSPENDED, 0, "", "sleep"),
    ],
)
def test_who_cannot_go_on_is_told(state: int, reason: int, failed: str, lost: str) -> None:
    found = stuck(off(reason, state=state))
    assert found is not None
    assert failed in found.failed
    assert lost in found.lost
    assert bool(found.failed) != bool(found.lost)


@pytest.mark.parametrize("reason", [Paused.STARTING_UP, Paused.SHUTTING_DOWN])
def test_a_pause_on_the_way_passes(reason: int) -> None:
    assert stuck(off(reason, state=State.PAUSED)) is None
    assert stuck(off(state=State.RUNNING)) is None


def test_a_running_machine_is_seen_with_what_it_may_have() -> None:
    domain = off(state=State.RUNNING)
    carried = {**domain.labels, labels.MEMORY: "4096"}
    seen = describe(replace(domain, labels=carried), Known(boot_id=BOOT))
    assert (seen.running, seen.memory_limit_bytes, seen.reference) == (True, 4096, "u")
