"""The bounded console log: all that a payload says, its first and its newest part.

Rules of this file: the payload never waits for a disk that is full nor for a reader; the file never
exceeds `BYTES_MAX`. Its first `HEAD_BYTES` stay for ever; when the file is full, all but the newest
`KEPT_BYTES` behind the head is dropped and a line says so. The copy is done inside the file and
inside the kernel (copy_file_range(2)), so the log is one file that any tool can read at any time.
"""

from __future__ import annotations

import contextlib
import os

BYTES_MAX = 10 << 20
HEAD_BYTES = 2 << 20
KEPT_BYTES = 3 << 20
"""Less than half of what is behind the head: a copy inside a file must not overlap itself."""
CHUNK_BYTES = 1 << 16
"""The size of a pipe: more never comes at once."""
NOTE = b"\n[vacnet: the console log is full: what stood here is left out, the newest output follows]\n"


class Console:
    """Copies a pipe into a bounded file."""

    def __init__(self, source: int, path: str) -> None:
        """Read from `source`; append to the file at `path`, which is made if needed (0640)."""
        os.set_blocking(source, False)
        self.source = source
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        self.size = os.lseek(self.file, 0, os.SEEK_END)

    def copy(self) -> bool:
        """Take what is there, at most a pipe full; return False when all writers are gone."""
        try:
            said = os.read(self.source, CHUNK_BYTES)
        except BlockingIOError:
            return True
        if said:
            self._append(said)
        return bool(said)

    def drain(self) -> None:
        """Take all that is left in the pipe once its writers are gone, then close."""
        with contextlib.suppress(BlockingIOError):
            while said := os.read(self.source, CHUNK_BYTES):
                self._append(said)
        os.close(self.source)
        os.close(self.file)

    def _append(self, said: bytes) -> None:
        if self.size + len(said) > BYTES_MAX:
            self._make_room()
        try:
            self.size += os.pwrite(self.file, said, self.size)
        except OSError:
            return  # a full disk loses words, never the payload

    def _make_room(self) -> None:
        """Move the newest part up to the head; where that cannot be done, drop it too."""
        kept, to = self.size - KEPT_BYTES, HEAD_BYTES + len(NOTE)
        self.size = to
        with contextlib.suppress(OSError):
            os.pwrite(self.file, NOTE, HEAD_BYTES)
            self.size += _move(self.file, kept, to, KEPT_BYTES)
        os.ftruncate(self.file, self.size)


def _move(file: int, source: int, to: int, count: int) -> int:
    """Copy `count` bytes inside the file; return how many there were."""
    moved = 0
    while moved < count:
        done = os.copy_file_range(file, file, count - moved, source + moved, to + moved)
        if done == 0:
            break
        moved += done
    return moved
