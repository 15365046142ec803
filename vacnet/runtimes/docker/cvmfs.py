"""Whether CernVM-FS can be given to containers: that it is mounted, shared, and its repositories answer.

Rules of this file: it runs in a thread, because a look into a broken repository can hang for ever; who asks
waits for a bounded time. An engine refuses a mount that is not shared in words that name no remedy, and a
missing one only after the image was got, so both are told before.

Sources: mount_namespaces(7) ("shared", "slave" and their marks in /proc/PID/mountinfo); the CernVM-FS
documentation, "Bind mount from the host".
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from vacnet.machines.runtime import NotNowError

MOUNTINFO = Path("/proc/self/mountinfo")


def check(cvmfs: Path, repositories: Sequence[str]) -> None:
    """Make sure that the tree at `cvmfs` can be given to a container.

    Raises:
        NotNowError: it cannot, and what to do.
    """
    if not cvmfs.is_dir():
        raise NotNowError(
            f"{cvmfs} is not there, and the target has cvmfs_repositories: install CernVM-FS on this host "
            "(cvmfs_config setup), or leave the target to factories that have it"
        )
    point, shared = mount_of(cvmfs, MOUNTINFO.read_text())
    if not shared:
        raise NotNowError(
            f"{cvmfs} is on the mount {point}, which is not shared, so containers would not see repositories "
            f"mounted later: mount --make-rshared {point}"
        )
    for repository in repositories:
        _check_repository(cvmfs / repository)


def _check_repository(path: Path) -> None:
    try:
        os.stat(path)  # noqa: PTH116 (it is what makes an automounter mount)
    except OSError as error:
        raise NotNowError(
            f"{path} cannot be had ({error.strerror}): see cvmfs_config probe {path.name}, and whether "
            f"{path.name} is among the CVMFS_REPOSITORIES of this host"
        ) from error


def mount_of(path: Path, mountinfo: str) -> tuple[str, bool]:
    """Return the mount point that a path is on, and whether that mount is shared or a slave."""
    best, shared = "/", False
    for line in mountinfo.splitlines():
        left, _, _ = line.partition(" - ")
        fields = left.split(" ")
        point = fields[4].encode().decode("unicode_escape")
        if path.is_relative_to(point) and len(point) >= len(best):
            best, shared = point, any(one.startswith(("shared:", "master:")) for one in fields[6:])
    return best, shared
