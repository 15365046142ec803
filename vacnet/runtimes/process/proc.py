"""Who a process is: what `/proc` tells, and signals that never hit a stranger.

Rules of this file: a process is known by its number AND its start time (field 22 of
`/proc/PID/stat`, in clock ticks since boot), for numbers are used again; a signal goes through a
pidfd whose process was compared first. It runs inside the keeper too, so it imports next to nothing
(`pathlib` alone would cost each machine half a mebibyte).

Sources: proc(5), pidfd_open(2), pidfd_send_signal(2).
"""

from __future__ import annotations

import contextlib
import os
import signal

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_READ_BYTES = 1 << 16
_DEAD_STATES = "ZX"


class Process:
    """One line of `/proc/PID/stat`, as far as it is needed."""

    __slots__ = (
        "children_ticks",
        "group",
        "memory_bytes",
        "own_ticks",
        "parent",
        "pid",
        "session",
        "start",
        "state",
    )

    def __init__(self, pid: int, fields: list[bytes]) -> None:
        """Read `fields`, those after the name: state is the first of them (field 3 of proc(5))."""
        self.pid = pid
        self.state = fields[0].decode()
        self.parent = int(fields[1])
        self.group = int(fields[2])
        self.session = int(fields[3])
        self.own_ticks = int(fields[11]) + int(fields[12])
        """User and system time of its own, in clock ticks."""
        self.children_ticks = int(fields[13]) + int(fields[14])
        """The same of ended children it has waited for, theirs included."""
        self.start = int(fields[19])
        """Clock ticks since boot."""
        self.memory_bytes = int(fields[21]) * PAGE_BYTES
        """Resident."""

    @property
    def alive(self) -> bool:
        """Tell whether it still runs: a zombie only waits for its parent."""
        return self.state not in _DEAD_STATES


def parse_stat(pid: int, line: bytes) -> Process:
    """Return the process that `line` describes; its name may hold spaces and brackets."""
    return Process(pid, line[line.rindex(b")") + 2 :].split())


def read(path: str) -> bytes | None:
    """Return a file's bytes; None when it is not there, or its process ended while reading."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return b"".join(iter(lambda: os.read(handle, _READ_BYTES), b""))
    except OSError:
        return None
    finally:
        os.close(handle)


def process(pid: int) -> Process | None:
    """Return the process of that number, zombies included; None when there is none."""
    line = read(f"/proc/{pid}/stat")
    return parse_stat(pid, line) if line else None


def boot_id() -> str:
    """Return the kernel's name for this boot (random(4))."""
    return (read("/proc/sys/kernel/random/boot_id") or b"").decode().strip()


def table() -> dict[int, Process]:
    """Return every process that can be seen, by number."""
    with os.scandir("/proc") as entries:
        numbers = [int(entry.name) for entry in entries if entry.name.isdigit()]
    found = ((pid, process(pid)) for pid in numbers)
    return {pid: one for pid, one in found if one is not None}


def descendants(root: int, processes: dict[int, Process]) -> list[Process]:
    """Return all below `root`, parents before their children; `root` itself is not among them."""
    children: dict[int, list[Process]] = {}
    for one in processes.values():
        children.setdefault(one.parent, []).append(one)
    found = list(children.get(root, ()))
    for one in found:
        found.extend(children.get(one.pid, ()))
    return found


def carries(pid: int, marker: bytes) -> bool:
    """Tell whether the environment that `pid` was given holds `marker`, a whole ``NAME=value``."""
    return marker in (read(f"/proc/{pid}/environ") or b"").split(b"\0")


def open_process(pid: int, start: int) -> int | None:
    """Return a pidfd of the process with that number and start time; None when it is gone.

    Compared after opening: from then on the number cannot be used again unnoticed.
    """
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return None
    found = process(pid)
    if found is not None and found.start == start and found.alive:
        return handle
    os.close(handle)
    return None


def send(one: Process, number: signal.Signals) -> None:
    """Send a signal to exactly this process; nothing happens when it is gone or not ours to signal."""
    handle = open_process(one.pid, one.start)
    if handle is None:
        return
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(handle, number)
    os.close(handle)
