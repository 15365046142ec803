"""How an end is told: every way in which a container can have come to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.runtimes.docker_samples import MIB, ended
from vacnet.machines.runtime import Usage
from vacnet.runtimes.docker.container import Container, container_of, machine_of, unix_seconds
from vacnet.runtimes.docker.seen import Known, Sample, describe

RESTARTED, FOREIGN = "engine restarted", "ended by a foreign hand"

LOST: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("it ended by itself", {}, {"engine_started_wall": 500.0}, ""),
    ("nothing is known of the engine", {"exit_code": 137}, {}, ""),
    ("killed as the engine started", {"exit_code": 137}, {"engine_started_wall": 2001.0}, RESTARTED),
    ("found dead by the engine", {"exit_code": 255}, {"engine_started_wall": 9000.0}, RESTARTED),
    ("found dead, and nobody knows when", {"ended_wall": None}, {"engine_started_wall": 2001.0}, RESTARTED),
    ("asked by the old engine to end", {"exit_code": 1}, {"engine_started_wall": 2030.0}, RESTARTED),
    ("ended by itself, long before a restart", {"exit_code": 1}, {"engine_started_wall": 2100.0}, ""),
    ("ended by a signal under this engine", {"exit_code": 137}, {"engine_started_wall": 1500.0}, ""),
    ("started after the engine", {"exit_code": 255}, {"engine_started_wall": 900.0}, ""),
    ("somebody else's signal", {"exit_code": 137}, {"foreign_signal_wall": 1999.0}, FOREIGN),
    ("somebody else's signal, long ago", {"exit_code": 137}, {"foreign_signal_wall": 1500.0}, ""),
    (
        "the engine's signals as it goes",
        {"exit_code": 143},
        {"foreign_signal_wall": 1999.0, "engine_started_wall": 2005.0},
        RESTARTED,
    ),
    ("of an earlier boot", {"exit_code": 255}, {"boot_wall": 1500.0}, "host rebooted"),
    ("never started", {"status": "created"}, {}, "factory restarted before it started"),
    (
        "never started, and being removed",
        {"status": "removing", "started_wall": None, "ended_wall": None},
        {"engine_started_wall": 500.0},
        "factory restarted before it started",
    ),
    ("for its memory", {"exit_code": 137, "oom_killed": True}, {"engine_started_wall": 2001.0}, ""),
    ("for its disk", {"exit_code": 137}, {"over_disk": True, "foreign_signal_wall": 1999.0}, ""),
]


@pytest.mark.parametrize(("facts", "known", "lost"), [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_who_ended_a_container_is_told_apart(facts: dict[str, Any], known: dict[str, Any], lost: str) -> None:
    assert describe(ended(**facts), Known(**known)).lost == lost


def test_a_container_that_was_created_and_not_started_never_began() -> None:
    assert not describe(ended(status="created"), Known()).began
    assert describe(ended(), Known()).began


MEMORY: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"exit_code": 137, "oom_killed": True}, {}, True),
    ({"exit_code": 137}, {"oom_told": True}, True),
    ({"exit_code": 137}, {"sample": Sample(oom_kills=1)}, True),
    ({"exit_code": 1, "oom_killed": True}, {}, True),
    ({"exit_code": 0, "oom_killed": True}, {"oom_told": True, "sample": Sample(oom_kills=9)}, False),
    ({"exit_code": 137}, {}, False),
    ({"status": "created", "exit_code": 137}, {"oom_told": True}, False),
]


@pytest.mark.parametrize(("facts", "known", "expected"), MEMORY)
def test_out_of_memory_needs_a_word_of_engine_or_kernel_and_a_bad_end(
    facts: dict[str, Any],
    known: dict[str, Any],
    expected: bool,  # noqa: FBT001 (a column of a table)
) -> None:
    seen = describe(ended(**facts), Known(**known))
    assert seen.out_of_memory is expected
    assert seen.memory_used_bytes == (64 * MIB if expected else 0)
    assert seen.memory_limit_bytes == 64 * MIB


def test_a_file_too_large_is_over_its_disk_only_where_the_disk_is_limited() -> None:
    assert describe(ended(exit_code=153, disk_bytes=5), Known()).over_disk
    assert not describe(ended(exit_code=153), Known()).over_disk


def test_a_running_container_has_no_end() -> None:
    seen = describe(ended(status="running", ended_wall=1.0, exit_code=0), Known(over_disk=True))
    assert (seen.running, seen.ended_wall, seen.exit_code, seen.over_disk) == (True, None, None, False)
    assert describe(ended(status="paused"), Known()).running


def test_the_last_measurement_is_what_an_ended_container_used() -> None:
    used = Usage(12.5, 7)
    assert describe(ended(), Known(sample=Sample(usage=used))).usage == used


SHOWN: dict[str, Any] = {
    "Id": "abc",
    "State": {
        "Status": "exited",
        "Pid": 0,
        "ExitCode": 3,
        "OOMKilled": True,
        "StartedAt": "2026-01-31T12:00:00.123456789Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
    },
    "Config": {"Labels": {"vacnet.disk_bytes": "77"}, "StopSignal": "SIGUSR1"},
    "HostConfig": {"Memory": 5, "StorageOpt": {"size": "77"}},
    "GraphDriver": {"Data": {"UpperDir": "/upper"}},
    "Mounts": [{"Type": "bind", "Source": "/b"}, {"Type": "volume", "Source": "/v"}],
    "LogPath": "/log",
}


def test_what_an_engine_shows_is_read() -> None:
    found = container_of(SHOWN, "100_t_00")
    assert (found.exit_code, found.oom_killed, found.ended_wall) == (3, True, None)
    assert found.started_wall == pytest.approx(1769860800.123456)
    assert (found.disk_bytes, found.held_by_engine, found.stop_signal) == (77, True, "SIGUSR1")
    assert [str(path) for path in found.layers] == ["/upper", "/v"]


def test_an_engine_that_shows_less_is_read_too() -> None:
    found = container_of({"Id": "abc", "State": None, "Config": {"Labels": None}, "Mounts": None}, "100_t_00")
    assert (found.running, found.exit_code, found.layers, found.stop_signal) == (False, 0, (), "SIGTERM")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(SHOWN)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {"Id": st.text()}, optional={key: _json for key in SHOWN if key not in {"Id", "Mounts"}}
    )
)
def test_whatever_an_engine_shows_gives_a_container(shown: dict[str, Any]) -> None:
    assert isinstance(container_of(shown, "100_t_00"), Container)


@given(st.text())
def test_whatever_stands_for_a_time_gives_one_or_none(text: str) -> None:
    found = unix_seconds(text)
    assert found is None or isinstance(found, float)


LABELS: list[tuple[dict[str, str] | None, str]] = [
    ({"vacnet.factory": "f", "vacnet.machine": "100_t_00"}, "100_t_00"),
    ({"vacnet.factory": "g", "vacnet.machine": "100_t_00"}, ""),
    ({"vacnet.machine": "100_t_00"}, ""),
    ({"vacnet.factory": "f"}, ""),
    ({"vacnet.factory": "f", "vacnet.machine": "../x"}, ""),
    ({"vacnet.factory": "f", "vacnet.machine": "100_t_00/.."}, ""),
    (None, ""),
]


@pytest.mark.parametrize(("labels", "machine"), LABELS)
def test_only_both_labels_make_a_container_ours(labels: dict[str, str] | None, machine: str) -> None:
    assert machine_of(labels, "f") == machine
