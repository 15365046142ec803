"""What a machine has used: from its cgroups, else from `/proc`.

Rules of this file: ended children count. Cgroups count them by themselves; without, the keeper, to
which every orphan comes, has the times of all it has waited for, and each process those of its own
ended children (proc(5), cutime and cstime).
"""

from __future__ import annotations

from typing import cast

from vacnet.machines.runtime import Usage
from vacnet.runtimes.process import cgroup_files, proc, seen


def of(folder: seen.Folder) -> Usage:
    """Return CPU seconds and resident bytes of a machine; after its end what its keeper recorded."""
    if folder.ended is not None or folder.keeper is None:
        return seen.describe(folder).usage
    paths = folder.plan["cgroups"]
    cpu = [value for path in paths if (value := cgroup_files.cpu_seconds(path)) is not None]
    memory = [value for path in paths if (value := cgroup_files.memory_bytes(path)) is not None]
    if cpu and memory:
        return Usage(cpu[0], memory[0])
    counted = _from_proc(cast("int", folder.keeper["pid"]))
    return Usage(cpu[0] if cpu else counted.cpu_seconds, memory[0] if memory else counted.memory_bytes)


def _from_proc(keeper: int) -> Usage:
    table = proc.table()
    below = proc.descendants(keeper, table)
    ticks = sum(one.own_ticks + one.children_ticks for one in below)
    ticks += table[keeper].children_ticks if keeper in table else 0
    return Usage(ticks / proc.TICKS_PER_SECOND, sum(one.memory_bytes for one in below))
