"""How a machine ended, from what libvirt says of its domain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtimes.libvirt_samples import BOOT, off
from vacnet.runtimes.libvirt import giving_up, labels
from vacnet.runtimes.libvirt.look import Off, Paused, State
from vacnet.runtimes.libvirt.seen import Known, Stuck, describe, stuck


def ending(reason: int, **known: Any) -> tuple[str, str]:
    """Return why a domain was lost, and how it failed."""
    seen = describe(off(reason), Known(**{"boot_id": BOOT, **known}))
    assert not seen.running
    return seen.lost, seen.failed


def test_a_guest_that_switched_itself_off_was_not_lost_and_did_not_fail() -> None:
    assert ending(Off.SHUT_DOWN) == ("", "")


def test_a_domain_of_an_earlier_boot_ended_with_the_host() -> None:
    assert ending(Off.CRASHED, boot_id="another") == ("host rebooted", "")


def test_a_domain_without_a_console_never_ran() -> None:
    assert ending(Off.UNKNOWN, began=False) == ("factory restarted before it started", "")
    assert ending(Off.UNKNOWN) == ("", "")


@pytest.mark.parametrize("reason", [Off.DESTROYED, Off.FROM_SNAPSHOT, Off.MIGRATED])
def test_what_others_ended_is_no_fault_of_its_own(reason: int) -> None:
    assert ending(reason) == ("ended by a foreign hand", "")


@pytest.mark.parametrize("reason", [Off.CRASHED, Off.FAILED, Off.DAEMON])
def test_a_crash_tells_where_to_look(reason: int) -> None:
    lost, failed = ending(reason)
    assert (lost, "/var/log/libvirt/qemu/wn01-03.example.org.log" in failed) == ("", True)


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
