"""What is read from the kernel's files, as values."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.machines.runtime import StartFailedError
from vacnet.runtimes.process import cgroup_files, cgroups, command, proc

HYBRID = """\
24 1 0:22 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
25 24 0:23 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
26 24 0:24 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct
27 24 0:25 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
"""
OWN = "4:cpu,cpuacct:/system.slice\n3:memory:/docker/abc/unit\n1:name=systemd:/x\n0::/user.slice/a:b.scope\n"


def test_mounts_of_both_versions_are_found_with_what_they_show() -> None:
    mounts = cgroups.mounts_of(HYBRID)
    assert mounts[""] == ("/sys/fs/cgroup/unified", "/")
    assert mounts["cpu"] == mounts["cpuacct"] == ("/sys/fs/cgroup/cpu,cpuacct", "/")
    assert mounts["memory"] == ("/sys/fs/cgroup/memory", "/docker/abc")


def test_our_own_cgroup_is_found_below_what_is_mounted() -> None:
    mounts, own = cgroups.mounts_of(HYBRID), cgroups.own_of(OWN)
    assert cgroups.path_of(mounts["memory"], own["memory"]) == "/sys/fs/cgroup/memory/unit"
    assert cgroups.path_of(mounts["cpu"], own["cpu"]) == "/sys/fs/cgroup/cpu,cpuacct/system.slice"
    assert cgroups.path_of(mounts[""], own[""]) == "/sys/fs/cgroup/unified/user.slice/a:b.scope"
    assert cgroups.path_of(("/sys/fs/cgroup", "/"), "/") == "/sys/fs/cgroup"


def test_the_leaf_we_once_moved_into_is_not_taken_for_our_cgroup() -> None:
    assert cgroups.path_of(("/sys/fs/cgroup", "/"), "/unit/factory") == "/sys/fs/cgroup/unit"


def test_names_of_cgroups_stay_below_their_base_and_tell_factories_apart() -> None:
    trees = (cgroups.Tree("/base", 1, frozenset({"cpu"})),)
    for name, below in (("a.example.org", "a.example.org"), ("../../x", "_.._x"), ("..", "_")):
        (one,) = cgroups.folders(trees, name, Path("/state/1"), "m1")
        assert re.fullmatch(rf"/base/vacnet/{re.escape(below)}-[0-9a-f]{{8}}/m1", one)
        assert cgroups.folders(trees, name, Path("/state/2"), "m1") != [one]


def test_a_machine_may_use_as_many_processors_as_it_has() -> None:
    files = dict(cgroups.Limits(processors=8, memory_bytes=1 << 30).files())
    assert files["cpu.cfs_quota_us"] == "800000"
    assert files["cpu.max"] == "800000 100000"
    assert files["memory.max"] == files["memory.limit_in_bytes"] == str(1 << 30)
    assert (files["memory.swap.max"], files["pids.max"]) == ("0", "8192")


COUNTERS: tuple[tuple[dict[str, str], dict[str, object]], ...] = (
    (
        {
            "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
            "memory.max_usage_in_bytes": "4096\n",
            "memory.limit_in_bytes": "8192\n",
            "cpuacct.usage": "1500000000\n",
        },
        {"oom_kills": 3, "memory_peak_bytes": 4096, "memory_limit_bytes": 8192, "cpu_seconds": 1.5},
    ),
    (
        {
            "memory.events": "low 0\noom 1\noom_kill 2\n",
            "memory.peak": "4096\n",
            "memory.max": "8192\n",
            "cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
        },
        {"oom_kills": 2, "memory_peak_bytes": 4096, "memory_limit_bytes": 8192, "cpu_seconds": 2.5},
    ),
    ({"memory.max": "max\n"}, {}),
    ({}, {}),
)


@pytest.mark.parametrize(("content", "counted"), COUNTERS)
def test_both_versions_count_the_same_things(
    tmp_path: Path, content: dict[str, str], counted: dict[str, object]
) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    assert cgroup_files.counters([str(tmp_path)]) == counted


def test_counters_of_several_trees_are_put_together(tmp_path: Path) -> None:
    for folder, name, text in (("cpu", "cpuacct.usage", "1000000000"), ("memory", "memory.peak", "5")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    paths = [str(tmp_path / "cpu"), str(tmp_path / "memory")]
    assert cgroup_files.counters(paths) == {"cpu_seconds": 1.0, "memory_peak_bytes": 5}


def test_memory_in_use_leaves_out_what_the_kernel_may_drop(tmp_path: Path) -> None:
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 300\n")
    assert cgroup_files.memory_bytes(str(tmp_path)) == 700


@given(st.binary(max_size=15).filter(lambda name: b"\n" not in name))
def test_a_name_with_brackets_and_spaces_does_not_move_the_fields(name: bytes) -> None:
    fields = [b"S", b"7", b"8", b"9", *(str(number).encode() for number in range(7, 53))]
    one = proc.parse_stat(4, b"4 (" + name + b") " + b" ".join(fields) + b"\n")
    assert (one.state, one.parent, one.group, one.session, one.start) == ("S", 7, 8, 9, 22)
    assert (one.own_ticks, one.children_ticks) == (14 + 15, 16 + 17)


def test_descendants_are_found_through_all_generations() -> None:
    def make(pid: int, parent: int) -> proc.Process:
        rest = b" ".join([b"0"] * 48)
        return proc.parse_stat(pid, f"{pid} (x) S {parent} ".encode() + rest)

    family = {pid: make(pid, parent) for pid, parent in ((2, 1), (3, 2), (4, 3), (5, 1), (6, 4), (7, 5))}
    assert [one.pid for one in proc.descendants(2, family)] == [3, 4, 6]
    assert proc.descendants(7, family) == []


def test_a_process_is_found_by_number_and_start_alone() -> None:
    own = proc.process(os.getpid())
    assert own is not None
    handle = proc.open_process(own.pid, own.start)
    assert handle is not None
    os.close(handle)
    assert proc.open_process(own.pid, own.start + 1) is None


INTERPRETERS = (
    (b"#!/bin/sh\n", "/bin/sh"),
    (b"#! /usr/bin/env python3\nx", "/usr/bin/env"),
    (b"#!/bin/sh", "/bin/sh"),
    (b"#!sh\n", None),
    (b"#!\n/bin/sh", None),
    (b" #!/bin/sh\n", None),
    (b"", None),
    (b"#!/bin/\0sh\n", None),
)


@pytest.mark.parametrize(("start", "interpreter"), INTERPRETERS)
def test_an_interpreter_is_read_as_the_kernel_reads_it(start: bytes, interpreter: str | None) -> None:
    assert command.interpreter_of(start) == interpreter


@given(st.binary(max_size=300))
def test_any_first_bytes_are_either_run_or_refused_in_words(start: bytes) -> None:
    interpreter = command.interpreter_of(start)
    assert interpreter is None or interpreter.startswith("/")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        StartFailedError, match=f"user_data {tmp_path}/user_data cannot be read: No such file"
    ):
        command.program("/user_data", tmp_path / "user_data")
