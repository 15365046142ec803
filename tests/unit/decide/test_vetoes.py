"""Vetoes come at their limits and go with a margin."""

import pytest

from vacnet.decide.vetoes import TABLE, HostState, vetoes


def rules(host: HostState, before: frozenset[str] = frozenset()) -> list[str]:
    return [reason.rule for reason in vetoes(host, before)]


def test_a_healthy_host_has_none() -> None:
    assert rules(HostState(processors_total=8)) == []


def test_the_load_is_compared_with_what_runs_once_that_is_more_than_a_few() -> None:
    assert rules(HostState(load=9.0, processors_total=8, processors_running=2)) == []
    assert rules(HostState(load=9.0, processors_total=8, processors_running=6)) == ["host.overload"]


@pytest.mark.parametrize(("load", "stays"), [(9.9, True), (9.0, False)])
def test_overload_ends_only_a_tenth_below_its_limit(load: float, stays: bool) -> None:  # noqa: FBT001 (a table)
    host = HostState(load=load, processors_total=8, processors_running=8)
    assert rules(host) == []
    assert (rules(host, frozenset({"host.overload"})) == ["host.overload"]) is stays


def test_memory_and_disk_have_the_same_margin() -> None:
    host = HostState(
        memory_free_bytes=105, memory_free_bytes_min=100, disk_free_bytes=99, disk_free_bytes_min=100
    )
    assert rules(host) == ["host.disk"]
    assert rules(host, frozenset({"host.memory"})) == ["host.memory", "host.disk"]


def test_every_veto_has_words() -> None:
    host = HostState(
        draining="new disks", settings_bad="bad", conflict="twin", deadline_passed=True, settling="s",
        isolated="i", load=99, memory_free_bytes=0, memory_free_bytes_min=1, disk_free_bytes=0,
        disk_free_bytes_min=1,
    )  # fmt: skip
    found = vetoes(host, frozenset())
    assert [reason.rule for reason in found] == [name for name, _ in TABLE]
    assert all(reason.words for reason in found)
