"""Limits that no kernel holds for us: the disk of a machine, and its memory where no cgroup does.

Rules of this file: it only measures; links are never followed, a file with several names counts
once, what hides in a hole of a sparse file counts nothing. A look is bounded: a machine with more
files than `ENTRIES_MAX` is judged by those seen. Memory is the proportional share (smaps_rollup,
proc(5)), for pages shared between processes would count as often as there are processes; it is
dear, so it is asked for only when the plain sum is over the limit.

A payload may fill its disk and fail of it between two looks, or fail of a file that the kernel cut off
(RLIMIT_FSIZE) without dying of SIGXFSZ: Python ignores that. So what failed by itself is looked at once
more in the end (`judged`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from vacnet.runtimes.process import files, prepare, proc
from vacnet.runtimes.process.seen import SIGNALS_FROM, Folder

ENTRIES_MAX = 1_000_000
_BLOCK_BYTES = 512


def excess(folder: Folder) -> files.Values | None:
    """Return what a running machine has too much of, as `over.json` keeps it; None if nothing."""
    return _disk_excess(folder) or _memory_excess(folder)


def judged(folder: Folder) -> Folder:
    """Return the folder of a machine; of one that failed by itself on a full disk with what it had there."""
    code, limit = (folder.ended or {}).get("exit_code"), folder.plan["disk_bytes"]
    if folder.over or not limit or not isinstance(code, int) or not 0 < code < SIGNALS_FROM:
        return folder
    used = _disk_used(folder)
    return replace(folder, over={"disk_used_bytes": used}) if used >= limit else folder


def record(folder: Folder, values: files.Values) -> None:
    """Write down why a machine is about to be stopped.

    Raises:
        OSError: disk full, or the folder has been removed.
    """
    handle = files.open_folder(str(folder.directory))
    try:
        files.write(handle, files.OVER, values)
    finally:
        os.close(handle)


def _disk_excess(folder: Folder) -> files.Values | None:
    limit = folder.plan["disk_bytes"]
    used = _disk_used(folder) if limit else 0
    return {"disk_used_bytes": used, "disk_limit_bytes": limit} if used > limit else None


def _disk_used(folder: Folder) -> int:
    return disk_bytes([folder.directory / name for name in prepare.WRITABLE])


def disk_bytes(directories: list[Path]) -> int:
    """Return the bytes on disk of all in the directories."""
    counted: set[tuple[int, int]] = set()
    total = 0
    for number, status in enumerate(_walk([str(one) for one in directories])):
        if number >= ENTRIES_MAX:
            break
        key = (status.st_dev, status.st_ino)
        if key not in counted:
            total += status.st_blocks * _BLOCK_BYTES
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            counted.add(key)
    return total


def _walk(waiting: list[str]) -> Iterator[os.stat_result]:
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    yield entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue  # removed meanwhile


def _memory_excess(folder: Folder) -> files.Values | None:
    limit = folder.plan["memory_bytes"]
    if any(Path(path, name).exists() for path in folder.plan["cgroups"] for name in prepare.MEMORY_FILES):
        return None
    below = proc.descendants(cast("int", (folder.keeper or {}).get("pid", 0)), proc.table())
    if sum(one.memory_bytes for one in below) <= limit:
        return None
    used = sum(_share_bytes(one) for one in below)
    return {"memory_used_bytes": used, "memory_limit_bytes": limit} if used > limit else None


def _share_bytes(one: proc.Process) -> int:
    for line in (proc.read(f"/proc/{one.pid}/smaps_rollup") or b"").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) << 10
    return 0
