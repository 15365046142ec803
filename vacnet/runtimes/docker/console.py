"""The console log of a container: what the engine's bounded log holds, copied into the machine's directory.

A container writes to its engine, never to us: so it waits for no reader of ours and its words outlive the
factory. From the engine's log what is new is copied every few seconds while the machine runs, and once more
before the engine forgets it, so `vacnet logs` finds one file, at any time. Attaching instead would make a
container wait for a factory that is slow; following each log would hold a thread and a stream of the
engine's for each machine.

Rules of this file: blocking, for a worker thread. Where the log's own file can be seen, one `stat` tells that
there is nothing new. A flood costs at most a tenth of a thread's time: what the engine has thrown away
meanwhile is left out with a line that says so. How far was copied is the modification time of the copy (the
time of its last entry), so a restart goes on without a word lost or doubled, but for entries of that same
nanosecond. The bound is that of `machines.console`, whose head and tail it keeps.
"""

from __future__ import annotations

import calendar
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from vacnet.machines import console
from vacnet.machines.layout import CONSOLE
from vacnet.runtimes.docker.container import Container

if TYPE_CHECKING:
    from vacnet.runtimes.docker.api import Api

PIECE_BYTES = 1 << 18
UNSEEN_SECONDS = 10.0
"""How often the engine is asked where its log's file cannot be seen."""
DUTY = 10.0
"""What copying took is followed by this many times as long without."""
PIECE_BYTES_MAX = 2 * PIECE_BYTES
"""With the last entry in it, which is 16 KiB at most."""
ALL = 1 << 62
NOTE = b"\n[vacnet: output came faster than it is copied: what the engine threw away is left out here]\n"

_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z ")
_UNSEEN = (0, 0)
_MODE = 0o640
_FULL_BYTES = console.BYTES_MAX - PIECE_BYTES_MAX


@dataclass(slots=True)
class Mark:
    """How far the log of one container was copied."""

    at: int
    """Time of the newest entry copied, Unix nanoseconds; 0: none was."""
    copied: int = ALL
    """How many entries of that very time were: pieces of a long line have the time of the first."""
    looked: tuple[int, int] = _UNSEEN
    """Inode and size of the engine's file when it was looked at."""
    due: float = 0.0
    """Monotonic seconds before which there is no next time."""
    busy: threading.Lock = field(default_factory=threading.Lock)


class Console:
    """Copies the logs of containers."""

    def __init__(self, machines: Path) -> None:
        """Copy into the directories of machines below `machines`."""
        self._machines = machines
        self._marks: dict[str, Mark] = {}

    def copy_if_new(self, api: Api, container: Container) -> None:
        """Copy what is new, unless there is nothing or it is too soon.

        Raises:
            OSError: the disk is full or sick.
        """
        mark, began = self._mark(container), time.monotonic()
        looked = _look(container.log_path)
        if began < mark.due or looked == mark.looked != _UNSEEN:
            return
        self.copy(api, container)
        ended = time.monotonic()
        mark.looked = looked
        mark.due = ended + max(DUTY * (ended - began), UNSEEN_SECONDS if looked == _UNSEEN else 0.0)

    def copy(self, api: Api, container: Container) -> None:
        """Copy all that is new.

        Raises:
            OSError: the disk is full or sick.
        """
        mark, home = self._mark(container), self._machines / container.machine_id
        # A copy that was given up as too slow may still be at work.
        with mark.busy:
            if home.is_dir():
                for piece in _pieces(new_of(api.log_frames(container.id, since_of(mark.at)), mark)):
                    _append(home / CONSOLE, piece, mark.at)

    def drop(self, machine_id: str) -> None:
        """Forget a machine."""
        self._marks.pop(machine_id, None)

    def _mark(self, container: Container) -> Mark:
        known = self._marks.get(container.machine_id)
        if known is None:
            at = _stamp_of(self._machines / container.machine_id / CONSOLE)
            known = self._marks[container.machine_id] = Mark(at)
        return known


def _look(log_path: str) -> tuple[int, int]:
    """Return what tells whether an engine's file has grown; `_UNSEEN` where it cannot be seen."""
    try:
        found = os.stat(log_path)  # noqa: PTH116 (the path is an engine's, and empty for some)
    except OSError:
        return _UNSEEN
    return (found.st_ino, found.st_size)


def _stamp_of(path: Path) -> int:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0


def since_of(at: int) -> str:
    """Return a time in nanoseconds as the Engine API takes it."""
    return f"{at // 10**9}.{at % 10**9:09d}"


def split(entry: bytes) -> tuple[int, bytes]:
    """Return the time of an entry in Unix nanoseconds, 0 if it has none, and what was said."""
    found = _TIME.match(entry)
    if found is None:
        return 0, entry
    return _seconds(found[1]) * 10**9 + int((found[2] or b"").ljust(9, b"0")), entry[found.end() :]


@lru_cache(maxsize=8)
def _seconds(text: bytes) -> int:
    """Return a time without its fraction as Unix seconds; thousands of entries have the same."""
    return calendar.timegm(time.strptime(text.decode(), "%Y-%m-%dT%H:%M:%S"))


def new_of(frames: Iterable[bytes], mark: Mark) -> Iterator[bytes]:
    """Yield what was not copied yet, and move the mark on.

    Two streams share a log, so entries may be a little out of order: none is left out for that.
    """
    start, known, first = mark.at, mark.copied, True
    for frame in frames:
        at, said = split(frame)
        if first and start and at > start:
            yield NOTE
        first = False
        if at == start and known > 0:
            known -= 1
            continue
        if at >= mark.at:
            mark.at, mark.copied = at, (mark.copied + 1 if at == mark.at else 1)
        yield said


def _pieces(said: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what was said in larger pieces."""
    held = bytearray()
    for one in said:
        held += one
        if len(held) >= PIECE_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _append(path: Path, piece: bytes, stamp: int) -> None:
    """Add to a log that never grows over its bound, and stamp it with how far it goes."""
    if console.too_long(path, _FULL_BYTES):
        console.trim(path, _FULL_BYTES)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, _MODE)
    try:
        os.write(descriptor, piece)
        os.utime(descriptor, ns=(stamp, stamp))
    finally:
        os.close(descriptor)
