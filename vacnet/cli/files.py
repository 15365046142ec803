"""Files that an admin owns: made only where none is, changed whole or not at all, by one at a time.

Rules of this file: `write_new` never overwrites. `edit` holds a lock on the directory (so that no lock
file is left over) against others of its kind, and looks at the file again before it replaces it, for an
editor does not lock; the new file is complete on the disk before it takes the old one's name, and
keeps its mode and owner. A link is followed: what it points to is replaced, not the link.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vacnet.cli.exits import CommandError

MODE_READABLE = 0o644
MODE_SECRET = 0o600

ATTEMPTS = 10
"""A person saves a file once in seconds; one that changes ten times meanwhile is not edited by people."""


def write_new(path: Path, text: str, mode: int = MODE_READABLE) -> None:
    """Write a file that is not there yet, and its directory where that is missing.

    Raises:
        FileExistsError: it is there.
        IsADirectoryError: a directory is.
        NotADirectoryError: a file stands where its directory is to be.
        OSError: it cannot be written.
    """
    _make_directory(path.parent)
    with _complete(path, text) as (made, descriptor):
        os.fchmod(descriptor, mode)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        os.link(made, path)


def edit(
    path: Path, change: Callable[[str], str], missing: Callable[[], str], mode: int = MODE_READABLE
) -> bool:
    """Replace a file's text by what `change` makes of it and return whether it differs.

    Args:
        path: The file, or a link to it.
        change: From the old text to the new; may be called again when somebody else was quicker.
        missing: The text to start from when there is no such file.
        mode: Of the file where there is none yet; one that is there keeps its own.

    Raises:
        CommandError: others change it all the time.
        OSError: it cannot be read or written.
    """
    real = path.resolve()
    _make_directory(real.parent)
    with _locked(real.parent):
        for _ in range(ATTEMPTS):
            before = _state(real)
            old = real.read_text(encoding="utf-8") if before else missing()
            new = change(old)
            if new == old:
                return False
            if _replace(real, new, before, mode):
                return True
    raise CommandError(
        f"{path} was changed by somebody else {ATTEMPTS} times while this was at it; try again"
    )


def _make_directory(path: Path) -> None:
    """Make a directory where none is; a file in its place is no file that is kept."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(error.errno, error.strerror, str(path)) from error


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _state(path: Path) -> os.stat_result | None:
    return path.stat() if path.exists() else None


def _replace(path: Path, text: str, before: os.stat_result | None, mode: int) -> bool:
    """Put a new file in place of the one seen `before`; return False if it is no longer that one."""
    with _complete(path, text) as (made, descriptor):
        os.fchmod(descriptor, before.st_mode & 0o7777 if before else mode)
        if before and os.geteuid() == 0:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        if _version(_state(path)) != _version(before):
            return False
        made.replace(path)
        return True


def _version(state: os.stat_result | None) -> tuple[int, int, int] | None:
    return (state.st_ino, state.st_mtime_ns, state.st_size) if state else None


@contextmanager
def _complete(path: Path, text: str) -> Iterator[tuple[Path, int]]:
    """Give a file beside `path` that holds the text on the disk; it is gone after, unless renamed."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        error.filename = str(path)  # nobody asked for a file of the other name
        raise
    made = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
            yield made, descriptor
    finally:
        made.unlink(missing_ok=True)
