"""A machine's console log, bounded: its head (how it began) and its tail (how it ended) are kept.

Rules of this file: a machine writes to the file itself, in append mode, because its output must outlive the
factory; so the bound is kept from outside, by taking out the middle when the file has grown too long. What is
written during that moment may be lost, and the line in the middle says that something was. At most twice
the bound can stand on the disk for one round of the keeper, unless the disk is faster than that.

Source for the size: section 8 of the design.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

BYTES_MAX = 10 << 20
HEAD_BYTES = 1 << 20
TAIL_BYTES = 4 << 20
"""Less than the bound leaves, so that a machine that writes without end is trimmed every 5 MiB only."""


def too_long(path: Path, bytes_max: int = BYTES_MAX) -> bool:
    """Tell whether a log is over `bytes_max`; one that is missing or no ordinary file is not."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > bytes_max


def trim(path: Path, bytes_max: int = BYTES_MAX) -> None:
    """Take the middle out of a log that is `too_long`.

    Raises:
        OSError: the disk is sick.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_size > bytes_max:
            _take_middle_out(descriptor, found.st_size)
    finally:
        os.close(descriptor)


def _take_middle_out(descriptor: int, size: int) -> None:
    tail = os.pread(descriptor, TAIL_BYTES, size - TAIL_BYTES)
    lost = size - HEAD_BYTES - len(tail)
    mark = f"\n[vacnet: {lost} bytes left out here, a console log is kept to {BYTES_MAX} bytes]\n".encode()
    os.pwrite(descriptor, mark + tail, HEAD_BYTES)
    os.ftruncate(descriptor, HEAD_BYTES + len(mark) + len(tail))
