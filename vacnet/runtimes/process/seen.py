"""From an engine folder to what `seen()` says of a machine.

Rules of this file: who runs is told by the folder's lock and by number, start time and boot, never
by a number alone; what has ended is told by `ended.json`. A folder with a plan that no keeper ever
took up is a start that never was: it is removed under the lock, so that none can take it up later.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from vacnet.machines.runtime import NotNowError, Seen, Usage
from vacnet.runtimes.process import files, proc
from vacnet.runtimes.process.plan import Plan

REBOOTED = "host rebooted"
KEEPER_LOST = "its keeper process was killed"
BEGINNING_SECONDS = 0.002
BEGINNING_TRIES = 5000
"""A keeper that has its lock writes `keeper.json` within milliseconds: ten seconds are a stuck disk."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What the engine folder of one machine holds."""

    directory: Path
    plan: Plan
    keeper: files.Values | None
    ended: files.Values | None
    over: files.Values | None
    held: bool
    """A keeper has the lock: it is alive."""

    @property
    def reference(self) -> str:
        """Number and start time of the keeper."""
        return f"{self.keeper['pid']}:{self.keeper['start']}" if self.keeper else ""

    @property
    def running(self) -> bool:
        """True from the keeper's record to its last act."""
        return self.held and self.keeper is not None and self.ended is None


def look(directory: Path) -> Folder | None:
    """Read the engine folder in a machine's directory; None when there is none, or none any more."""
    try:
        handle = files.open_folder(str(directory))
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return _look(directory, handle)
    except FileNotFoundError:
        return None
    finally:
        os.close(handle)


def _look(directory: Path, handle: int) -> Folder | None:
    for _ in range(BEGINNING_TRIES):
        mine = files.lock(handle)
        if mine is not None:
            try:
                return _unheld(directory, handle)
            finally:
                os.close(mine)
        found = _read(directory, handle, held=True)
        if found is not None and found.keeper is not None:
            return found
        time.sleep(BEGINNING_SECONDS)
    raise NotNowError(
        f"the keeper of {directory.name} has not begun its machine after "
        f"{BEGINNING_TRIES * BEGINNING_SECONDS:.0f} s: is the disk of {directory} stuck?"
    )


def _unheld(directory: Path, handle: int) -> Folder | None:
    """Read the folder of a machine whose keeper is gone; remove it when nothing ever ran."""
    found = _read(directory, handle, held=False)
    if found is None or found.keeper is None or (found.ended and "failed" in found.ended):
        remove(directory)
        return None
    return found


def _read(directory: Path, handle: int, *, held: bool) -> Folder | None:
    names = (files.PLAN, files.KEEPER, files.ENDED, files.OVER)
    plan, keeper, ended, over = (files.load(handle, name) for name in names)
    return None if plan is None else Folder(directory, cast("Plan", plan), keeper, ended, over, held=held)


def remove(directory: Path) -> None:
    """Remove the engine folder, the plan first: without it no keeper starts."""
    folder = directory / files.FOLDER
    (folder / files.PLAN).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def record_loss(folder: Folder) -> Folder:
    """Write the end of a machine whose keeper is gone without a word, and return it as ended."""
    boot = folder.keeper["boot_id"] if folder.keeper else ""
    lost = KEEPER_LOST if boot == proc.boot_id() else REBOOTED
    handle = files.open_folder(str(folder.directory))
    try:
        files.write(handle, files.ENDED, {"lost": lost, "ended_wall": time.time()})
        ended = files.load(handle, files.ENDED)
    finally:
        os.close(handle)
    return Folder(folder.directory, folder.plan, folder.keeper, ended, folder.over, held=False)


def describe(folder: Folder) -> Seen:
    """Return a machine as `Runtime.seen` shows it."""
    ended, keeper, over = folder.ended or {}, folder.keeper or {}, folder.over or {}
    exit_code = cast("int | None", ended.get("exit_code"))
    by_kernel = bool(ended.get("oom_kills")) and exit_code != 0
    out_of_memory = by_kernel or "memory_used_bytes" in over
    return Seen(
        machine_id=folder.plan["machine"],
        labels=folder.plan["labels"],
        reference=folder.reference,
        running=folder.running,
        started_wall=cast("float | None", keeper.get("started_wall")),
        ended_wall=cast("float | None", ended.get("ended_wall")),
        exit_code=exit_code,
        out_of_memory=out_of_memory,
        memory_used_bytes=_count(over.get("memory_used_bytes", ended.get("memory_peak_bytes")))
        if out_of_memory
        else 0,
        memory_limit_bytes=_count(over.get("memory_limit_bytes", ended.get("memory_limit_bytes")))
        if out_of_memory
        else 0,
        over_disk="disk_used_bytes" in over,
        lost=str(ended.get("lost", "")),
        usage=Usage(
            float(cast("float", ended.get("cpu_seconds", 0.0))), _count(ended.get("memory_peak_bytes"))
        ),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
