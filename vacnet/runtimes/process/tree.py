"""Ending a whole tree of processes, however it forks.

Rules of this file: stop before kill. A process that is stopped cannot fork, so sweeps of SIGSTOP,
repeated until one finds nobody new, hold a fork bomb still, and then SIGKILL takes them all; where
there is a cgroup, the kernel does both at once (`cgroup.kill` of v2, the freezer of v1). It is over
only when nobody is left: a process that hangs in the kernel keeps the machine alive until it is gone.
It runs inside the keeper and in the factory, and imports next to nothing.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time

from vacnet.runtimes.process import cgroup_files, proc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_SECONDS = 0.002
PAUSE_SECONDS_MAX = 0.5

counters = cgroup_files.counters


def ask(payload: int, *, sandboxed: bool) -> None:
    """Send SIGTERM to the payload's process group.

    In a sandbox the payload's group is the one inside: bwrap itself would end at once, without
    grace, and the first process of a PID name space takes no notice of such a signal.
    """
    groups = [payload]
    if sandboxed:
        groups = [one.pid for one in proc.table().values() if one.parent == payload]
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGTERM)


def end(root: int, cgroups: list[str], reap: Callable[[], bool]) -> None:
    """Kill all below `root`, a subreaper, and all in `cgroups`; return when none is left.

    `reap` waits for ended children and returns False when there are none: a subreaper without
    children has no descendants either, and nothing needs to be searched.
    """
    if not reap() and not cgroup_files.members(cgroups):
        return
    end_all(lambda: proc.descendants(root, proc.table()), cgroups, reap)


def end_all(
    find: Callable[[], list[proc.Process]],
    cgroups: list[str],
    reap: Callable[[], bool] = lambda: False,
    seconds: float = math.inf,
) -> set[int]:
    """Kill all that `find` finds and all in `cgroups`, again and again until none is left.

    Returns who still lives after `seconds`: processes that hang in the kernel.
    """
    pause, ends = PAUSE_SECONDS, time.monotonic() + seconds
    while True:
        left = _kill_once(find, cgroups)
        if not reap() and not left:
            return left
        if time.monotonic() >= ends:
            return left
        time.sleep(pause)
        pause = min(2 * pause, PAUSE_SECONDS_MAX)


def _kill_once(find: Callable[[], list[proc.Process]], cgroups: list[str]) -> set[int]:
    """Kill all that can be found now; return their numbers."""
    cgroup_files.kill(cgroups)
    alive = _stopped([one for one in find() if one.alive], find)
    for one in alive:
        proc.send(one, signal.SIGKILL)
    return {one.pid for one in alive} | cgroup_files.members(cgroups)


def _stopped(first: list[proc.Process], find: Callable[[], list[proc.Process]]) -> list[proc.Process]:
    """Stop all, and all that come to be meanwhile; return them."""
    known: dict[tuple[int, int], proc.Process] = {}
    new = first
    while new:
        for one in new:
            proc.send(one, signal.SIGSTOP)
            known[one.pid, one.start] = one
        new = [one for one in find() if one.alive and (one.pid, one.start) not in known]
    return list(known.values())
