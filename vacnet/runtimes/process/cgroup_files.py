"""The files of a machine's cgroups: members, counters, kill. Version 1 and version 2 alike.

Rules of this file: a cgroup is a path, and which files are in it says what it can do; a file that
is not there counts as nothing. It runs inside the keeper too and imports next to nothing.

Sources: the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{memory,freezer-subsystem}.rst.
"""

from __future__ import annotations

import contextlib
import os
import signal

from vacnet.runtimes.process import proc

_NANOSECONDS = 1e9
_MICROSECONDS = 1e6


def put(path: str, value: str) -> bool:
    """Write one value into a control file; return whether the kernel took it."""
    try:
        handle = os.open(path, os.O_WRONLY)
    except OSError:
        return False
    try:
        return os.write(handle, value.encode()) > 0
    except OSError:
        return False
    finally:
        os.close(handle)


def number(path: str) -> int | None:
    """Return the number a file holds; None when there is no such file, or it says ``max``."""
    text = (proc.read(path) or b"").strip()
    return int(text) if text.isdigit() else None


def fields(path: str) -> dict[str, int]:
    """Return a file of ``name number`` lines."""
    lines = (line.split() for line in (proc.read(path) or b"").decode().splitlines())
    return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}  # noqa: PLR2004 (a pair)


def members(cgroups: list[str]) -> set[int]:
    """Return the numbers of all processes in the cgroups."""
    listed = (proc.read(f"{cgroup}/cgroup.procs") or b"" for cgroup in cgroups)
    return {int(pid) for text in listed for pid in text.split()}


def kill(cgroups: list[str]) -> None:
    """Kill all members: at one stroke where the kernel offers it, else frozen, killed and thawed."""
    full = members(cgroups)
    at_once = [put(f"{cgroup}/cgroup.kill", "1") for cgroup in cgroups if full]
    if not full or any(at_once):
        return
    frozen = [f"{cgroup}/freezer.state" for cgroup in cgroups]
    for state in frozen:
        put(state, "FROZEN")
    for pid in members(cgroups):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for state in frozen:
        put(state, "THAWED")


def counters(cgroups: list[str]) -> dict[str, object]:
    """Return what the cgroups know of a machine's whole life; keys only where it is known."""
    found = (pair for cgroup in cgroups for pair in _counted(cgroup).items())
    return {key: value for key, value in found if value is not None}


def _counted(cgroup: str) -> dict[str, float | None]:
    oom = {**fields(f"{cgroup}/memory.oom_control"), **fields(f"{cgroup}/memory.events")}
    peak = number(f"{cgroup}/memory.max_usage_in_bytes")
    limit = number(f"{cgroup}/memory.limit_in_bytes")
    return {
        "cpu_seconds": cpu_seconds(cgroup),
        "memory_peak_bytes": peak if peak is not None else number(f"{cgroup}/memory.peak"),
        "memory_limit_bytes": limit if limit is not None else number(f"{cgroup}/memory.max"),
        "oom_kills": oom.get("oom_kill"),
    }


def cpu_seconds(cgroup: str) -> float | None:
    """Return the CPU time of all that ever ran in the cgroup; None when it does not count it."""
    usage = number(f"{cgroup}/cpuacct.usage")
    if usage is not None:
        return usage / _NANOSECONDS
    usage = fields(f"{cgroup}/cpu.stat").get("usage_usec")
    return None if usage is None else usage / _MICROSECONDS


def memory_bytes(cgroup: str) -> int | None:
    """Return what the members hold now, without file pages that the kernel may drop at will."""
    now = number(f"{cgroup}/memory.usage_in_bytes")
    now = now if now is not None else number(f"{cgroup}/memory.current")
    if now is None:
        return None
    stat = fields(f"{cgroup}/memory.stat")
    return max(0, now - stat.get("total_inactive_file", stat.get("inactive_file", 0)))
