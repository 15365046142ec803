"""Reading what a machine wrote into its joboutputs, without trusting any of it.

Rules of this file: joboutputs belongs to the machine, which may put there whatever it can: a link to a
secret of the host, a device, a FIFO that never answers, a directory, a file without end. So every file is
opened below the directory's own descriptor, the last part of its path is never followed, its kind is
looked at before it is opened for reading (`O_PATH`), a file with a second name is refused (a hard
link may be somebody else's file), and at most `MESSAGE_BYTES_MAX` bytes are read. Whatever is not an
ordinary file counts as not there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vacnet.outcomes import MESSAGE_BYTES_MAX

SHUTDOWN_MESSAGE = "shutdown_message"
JOB_STARTED = "job_started"

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PLACE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def read_message(joboutputs: Path) -> bytes | None:
    """Return the first bytes of `shutdown_message`; None when there is no such ordinary file."""
    return read_small(joboutputs, SHUTDOWN_MESSAGE, MESSAGE_BYTES_MAX)


def read_small(directory: Path, name: str, bytes_max: int) -> bytes | None:
    """Return at most `bytes_max` bytes of an ordinary file; None when it is not one or not readable."""
    try:
        with _opened(directory, name) as place:
            if not _ordinary(os.fstat(place)):
                return None
            # By its descriptor: the name may mean something else by now.
            descriptor = os.open(f"/proc/self/fd/{place}", _READ)
            try:
                return os.read(descriptor, bytes_max)
            finally:
                os.close(descriptor)
    except OSError:
        return None


def time_stamp(directory: Path, name: str) -> int | None:
    """Return when an ordinary file was last changed, in nanoseconds by its own word; None without one."""
    try:
        found = (directory / name).lstat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else None


def _ordinary(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


@contextmanager
def _opened(directory: Path, name: str) -> Iterator[int]:
    outer = os.open(directory, _DIRECTORY)
    try:
        place = os.open(name, _PLACE, dir_fd=outer)
    finally:
        os.close(outer)
    try:
        yield place
    finally:
        os.close(place)
