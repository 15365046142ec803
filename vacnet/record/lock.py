"""One daemon per state directory: a lock that the kernel gives back when its holder dies.

Rules of this file: the lock is flock(2) on a file that also says who holds it; the words in the file
are for people, the lock alone decides, so a file left by a killed daemon keeps nobody out.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from vacnet.record.errors import InUseError


class DirectoryLock:
    """Exclusive use of the directory that holds `path`, from the call of `take` until `release`."""

    def __init__(self, path: Path) -> None:
        """Know the lock file; nothing is taken yet."""
        self.path = path
        self._descriptor = -1

    def take(self) -> None:
        """Take the lock, or say who has it.

        Raises:
            InUseError: another process, or another record in this one, has it.
            OSError: the directory cannot be written.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise InUseError(self._words(holder)) from error
        self._descriptor = descriptor
        with contextlib.suppress(OSError):  # on a full disk the words are missing, the lock is not
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _words(self, holder: str) -> str:
        return (
            f"the state directory {self.path.parent} is in use by the factory with pid {holder}: one factory "
            f"has one state directory; stop that one (kill {holder}), or give this one its own: "
            "state_directory at the top of its vacnet.toml, beside a [factory] name and a [space] listen"
        )
