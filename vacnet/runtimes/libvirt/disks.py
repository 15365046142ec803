"""The files that a machine's disks are: made before it, removed after it.

Rules of this file: blocking, for a worker thread. A file is sparse and takes what is written into it. What
stands there under its name is of a start that was cut off, and is made anew. The directory lets QEMU's user
walk through it, and list nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from vacnet.machines.layout import CONSOLE
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.libvirt.plan import FILES, Disk, format_beneath
from vacnet.runtimes.libvirt.qcow2 import overlay

_WALKED = 0o711
_SECRET = 0o600


def make(directory: Path, disks: Iterable[Disk]) -> None:
    """Make the files of a machine's disks.

    Raises:
        NotNowError: the disk is full or sick, in words.
    """
    try:
        directory.chmod(_WALKED)
        for disk in disks:
            if disk.made:
                _make(disk)
    except (OSError, ValueError) as error:
        remove(directory)
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NotNowError(
            f"no disk can be made in {directory}: {why}; make room there, or set disk_free_min in [factory]"
        ) from error


def _make(disk: Disk) -> None:
    disk.path.unlink(missing_ok=True)
    descriptor = os.open(disk.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _SECRET)
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
        if disk.body:
            file.write(disk.body)
        elif disk.beneath is None:
            file.truncate(disk.size_bytes)
        else:
            file.write(overlay(str(disk.beneath.path), format_beneath(disk.beneath), disk.size_bytes))


def remove(directory: Path) -> None:
    """Remove the files of a machine's disks, and those that snapshots of somebody's left beside them."""
    for name in FILES:
        for path in directory.glob(f"{Path(name).stem}.*"):
            path.unlink(missing_ok=True)


def touched_wall(directory: Path) -> float | None:
    """Return when an ended machine's disks and console were last touched (wall seconds); None without any.

    It is when it ended where libvirt takes the disks back from QEMU's user, and what it wrote last elsewhere.
    """
    found = [_touched(directory / name) for name in (*FILES, CONSOLE)]
    return max(found) or None


def _touched(path: Path) -> float:
    try:
        return path.stat().st_ctime
    except OSError:
        return 0.0


def check_readable(path: Path, user: str, *, as_root: bool) -> None:
    """Make sure that QEMU's user, when it is not the factory's, may read an image.

    Raises:
        NotNowError: it may not, and what to do.
    """
    if as_root and (words := why_unreadable(path, user)):
        raise NotNowError(words)


def why_unreadable(path: Path, user: str = "") -> str:
    """Return why QEMU's user may not read an image, and what to do; empty where it may."""
    whose = f"QEMU's user ({user})" if user else "QEMU's user"
    readable = path.stat().st_mode & stat.S_IROTH
    return "" if readable else f"image {path} is not for {whose} to read: chmod o+r {path}"


def why_unreached(path: Path) -> str:
    """Return why QEMU's user may not get to a file, and what to do; empty where everybody may.

    A list of access (ACL) may let it in all the same, so it is a warning at most.
    """
    closed = (one for one in reversed(path.parents) if not one.stat().st_mode & stat.S_IXOTH)
    folder = next(closed, None)
    return f"QEMU's user may not get to {path}: chmod o+x {folder}" if folder else ""
