"""From an engine folder to what `seen()` says of a machine.

Rules of this file: it only reads. Whether a keeper lives is told by the folder's lock, which no reuse
of process numbers can fake; what has ended is told by `ended.json`. The lock is looked at first: what
is read after a keeper has let go of it is final.

| lock held | keeper.json | ended.json | the machine |
| --- | --- | --- | --- |
| yes | no | no | is beginning |
| yes | yes | no | runs |
| any | any | yes | has ended, or (``failed``) was refused by the host |
| no | no | no | never began: a start that was cut off |
| no | yes | no | lost its keeper, or the host was rebooted |

`left_over.py` turns the first and the last two into one of the others.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from vacnet.machines.runtime import Seen, Usage
from vacnet.runtimes.process import files
from vacnet.runtimes.process.plan import Plan

SIGNALS_FROM = 128
"""Exit codes above are signals', as in every shell."""
FILE_TOO_LARGE = SIGNALS_FROM + signal.SIGXFSZ
"""Exit code of a payload that wrote a single file larger than its whole disk (RLIMIT_FSIZE)."""


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

    @property
    def finished(self) -> bool:
        """True when it ran and has ended, and how is written."""
        return self.ended is not None and "failed" not in self.ended


def look(directory: Path) -> Folder | None:
    """Read the engine folder in a machine's directory; None when there is none, or none any more."""
    try:
        handle = files.open_folder(str(directory))
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        held = _held(handle)
        plan, keeper, ended, over = (files.load(handle, name) for name in _NAMES)
    except FileNotFoundError:
        return None
    finally:
        os.close(handle)
    return None if plan is None else Folder(directory, cast("Plan", plan), keeper, ended, over, held)


_NAMES = (files.PLAN, files.KEEPER, files.ENDED, files.OVER)


def _held(folder: int) -> bool:
    mine = files.lock(folder, shared=True)
    if mine is not None:
        os.close(mine)
    return mine is None


def describe(folder: Folder) -> Seen:
    """Return a machine as `Runtime.seen` shows it."""
    ended, keeper = folder.ended or {}, folder.keeper or {}
    used, limit = _memory(folder)
    return Seen(
        machine_id=folder.plan["machine"],
        labels=folder.plan["labels"],
        reference=folder.reference,
        running=folder.running,
        started_wall=cast("float | None", keeper.get("started_wall")),
        ended_wall=cast("float | None", ended.get("ended_wall")),
        exit_code=cast("int | None", ended.get("exit_code")),
        out_of_memory=limit > 0,
        memory_used_bytes=used,
        memory_limit_bytes=limit,
        over_disk=_over_disk(folder),
        lost=str(ended.get("lost", "")),
        usage=_usage(ended),
    )


def _memory(folder: Folder) -> tuple[int, int]:
    """Return used and limit of a machine that ended for its memory, else zeros.

    A payload that outlived the kernel's killing of one of its processes, and then ended well, did
    not end for its memory.
    """
    ended, over = folder.ended or {}, folder.over or {}
    if "memory_used_bytes" in over:
        return _count(over["memory_used_bytes"]), _count(over["memory_limit_bytes"])
    if ended.get("oom_kills") and ended.get("exit_code") != 0:
        return _count(ended.get("memory_peak_bytes")), _count(ended.get("memory_limit_bytes"))
    return 0, 0


def _over_disk(folder: Folder) -> bool:
    limited = folder.plan["disk_bytes"] > 0
    too_large = limited and (folder.ended or {}).get("exit_code") == FILE_TOO_LARGE
    return too_large or "disk_used_bytes" in (folder.over or {})


def _usage(ended: files.Values) -> Usage:
    return Usage(cast("float", ended.get("cpu_seconds", 0.0)), _count(ended.get("memory_peak_bytes")))


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
