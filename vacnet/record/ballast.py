"""A file that holds room on the disk, to be given up when the disk is full.

Rules of this file: the ballast is real blocks (posix_fallocate, not a hole); it is made again only
when the file system has several times its size free, so that it does not come and go with every
block that somebody else writes.
"""

from __future__ import annotations

import os
from pathlib import Path

SIZE_BYTES = 4 << 20
"""Several times what SQLite's log grows to between checkpoints: the ends of thousands of machines."""

ROOM_FACTOR = 4


class Ballast:
    """The ballast file at `path`."""

    def __init__(self, path: Path, size_bytes: int = SIZE_BYTES) -> None:
        """Know where it is; nothing is made yet."""
        self.path = path
        self.size_bytes = size_bytes

    def free_bytes(self) -> int:
        """Return what the file system has left for this process; 0 when it cannot be told."""
        try:
            status = os.statvfs(self.path.parent)
        except OSError:
            return 0
        return status.f_bavail * status.f_frsize

    def stands(self) -> bool:
        """Tell whether it is there in its full size."""
        try:
            return self.path.stat().st_size >= self.size_bytes
        except OSError:
            return False

    def make(self) -> bool:
        """Make it if it is not there and there is room; tell whether it stands now."""
        if self.stands():
            return True
        if self.free_bytes() < ROOM_FACTOR * self.size_bytes:
            return False
        try:
            self._allocate()
        except OSError:
            self.free()
            return False
        return True

    def free(self) -> None:
        """Give its room up; nothing happens if it is not there."""
        self.path.unlink(missing_ok=True)

    def _allocate(self) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self.size_bytes)
        finally:
            os.close(descriptor)
