"""Processes of a container that its engine does not know to run, ended by the kernel's own knowledge of them.

An engine killed between starting a process and writing that down has, when it is back, a container that was
never started, and beside it a payload that runs and that nobody answers for; removing the container leaves it
running. But its cgroups still bear the container's name, which no other process's do.

Rules of this file: blocking, for a worker thread; it reads all of `/proc`, so it is for containers that never
ran as far as their engine knows, and those are rare. It kills by a word in a path, so that word has to be a
whole container's id: less than one would be in the paths of strangers. Signals go as in `process.proc`.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

from vacnet.runtimes.process import proc

ROUNDS = 20
"""A process that forks faster than it is killed is met again; this often, it is more than one container."""
_ID = re.compile("[0-9a-f]{64}")


def end(container: str) -> int:
    """Kill every process in the cgroups of a container; return how many there were."""
    if not is_container_id(container):
        return 0
    ended = 0
    for _ in range(ROUNDS):
        found = list(_inside(container.encode()))
        for one in found:
            proc.send(one, signal.SIGKILL)
        ended += len(found)
        if not found:
            break
    return ended


def is_container_id(text: str) -> bool:
    """Tell whether this is a container's whole id, which is in no other's path."""
    return _ID.fullmatch(text) is not None


def _inside(container: bytes) -> Iterator[proc.Process]:
    for pid, one in proc.table().items():
        if one.alive and container in (proc.read(f"/proc/{pid}/cgroup") or b""):
            yield one
