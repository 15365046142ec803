"""Whether files were edited: their identity, time, size and mode, looked at every two seconds.

Rules of this file: polling, for it works alike on every file system, needs no descriptor per file and
costs a dozen stat(2) in two seconds; a replaced file (as editors and configuration management do) has
another inode, and chmod(1) leaves the time as it was. What becomes of an edit is decided in `reload`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

POLL_SECONDS = 2.0

Signature = tuple[int, int, int, int] | None
"""Inode, modification time in nanoseconds, size, mode; None: there is no such file."""


class Watch:
    """A group of files that are read together; which they are may change (`conf.d`)."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        """Know the group as it is now; `files` is asked anew at each look."""
        self._files = files
        self._seen = self._look()

    def edited(self) -> bool:
        """Tell whether a file of the group was edited, came or went since the last call."""
        seen = self._look()
        before, self._seen = self._seen, seen
        return seen != before

    def _look(self) -> dict[Path, Signature]:
        return {path: signature(path) for path in self._files()}


def signature(path: Path) -> Signature:
    """Return what changes when a file is edited, or others come to read it."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_ino, told.st_mtime_ns, told.st_size, told.st_mode
