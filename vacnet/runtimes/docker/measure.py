"""What a container uses, from the files of its cgroups: the engine's own `stats` take a second or two.

Rules of this file: blocking but quick, for a worker thread. The cgroups are those of the container's first
process, as `/proc` shows them, so any engine, driver and cgroup version will do. They are gone with the
container: what was read last is all that is known of its life.

Sources: cgroups(7); see `process.cgroup_files` and `process.cgroups` for the files themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from vacnet.machines.runtime import Usage
from vacnet.runtimes.docker.seen import Sample
from vacnet.runtimes.process import cgroup_files, cgroups, proc

_WANTED = ("cpuacct", "memory", "")
"""Of version 1 by controller; the empty name is version 2."""


def cgroups_of(pid: int, container: str) -> list[str]:
    """Return the folders of the cgroups that a container's process is in; empty when it is gone.

    Engines name them by the container; one without its name counts others too, or the number is another's.
    """
    inside = cgroups.own_of((proc.read(f"/proc/{pid}/cgroup") or b"").decode())
    mounts = cgroups.mounts_of(Path("/proc/self/mountinfo").read_text())
    named = (name for name in _WANTED if name in mounts and container in inside.get(name, ""))
    return [cgroups.path_of(mounts[name], inside[name]) for name in named]


def sample(paths: list[str], before: Sample) -> Sample:
    """Return what cgroups say now; what they do not say stands as before."""
    counted = cgroup_files.counters(paths)
    cpu = cast("float", counted.get("cpu_seconds", 0.0))
    memory = next((used for path in paths if (used := cgroup_files.memory_bytes(path)) is not None), 0)
    peak = max(memory, cast("int", counted.get("memory_peak_bytes", 0)), before.memory_peak_bytes)
    kills = max(before.oom_kills, cast("int", counted.get("oom_kills", 0)))
    if not counted and not memory:
        return before
    usage = Usage(max(cpu, before.usage.cpu_seconds), memory)
    return Sample(usage=usage, memory_peak_bytes=peak, oom_kills=kills)
