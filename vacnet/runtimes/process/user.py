"""Who a payload runs as, and whether that user can reach what it needs.

Rules of this file: a factory that is root never runs a payload as root; a factory that is not root
runs it as itself and has nothing to choose. What an admin has to mend is told with the value found.
"""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.process.plan import User

_WHERE = "[runtimes.process] process_user"


def choose(process_user: str) -> User | None:
    """Return who payloads run as; None: as the factory's own user.

    Raises:
        NotNowError: the factory is root and `process_user` names nobody fit for it.
    """
    if os.geteuid() != 0:
        return None
    if not process_user:
        raise NotNowError(
            f"{_WHERE} is not set, and this factory is root: process machines never run as root; "
            "set it to an unprivileged user of this host (for example: useradd --system vacnet-process)"
        )
    try:
        entry = pwd.getpwnam(process_user)
    except KeyError:
        raise NotNowError(
            f"{_WHERE} is {process_user!r}, and this host has no such user: make it "
            f"(useradd --system {process_user}) or name another"
        ) from None
    if entry.pw_uid == 0:
        raise NotNowError(f"{_WHERE} is {process_user!r}, which is root (uid 0): name an unprivileged user")
    groups = [group for group in os.getgrouplist(process_user, entry.pw_gid) if group != 0]
    return {"uid": entry.pw_uid, "gid": entry.pw_gid, "groups": groups}


def check_reach(user: User | None, directory: Path) -> None:
    """Make sure that the payload's user can pass every folder down to a machine's directory.

    Raises:
        NotNowError: naming the first folder that is closed to it.
    """
    if user is None:
        return
    for folder in (*reversed(directory.parents), directory):
        if not _may_pass(folder.stat(), user):
            name = pwd.getpwuid(user["uid"]).pw_name
            raise NotNowError(
                f"{folder} is closed to {name} ({_WHERE}), which has to reach {directory}: chmod o+x {folder}"
            )


def _may_pass(status: os.stat_result, user: User) -> bool:
    if status.st_uid == user["uid"]:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid in (user["gid"], *user["groups"]):
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
