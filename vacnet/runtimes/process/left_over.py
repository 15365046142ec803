"""What a killed keeper, factory or host left: machines half begun or without a keeper, put in order.

Rules of this file: it is the second line; normally a keeper ends its own tree. Without it a machine's
processes are known by its cgroups, by the payload's session, and by the marker in the environment
they were given; each is ended before the loss is recorded, so nothing runs that nobody answers for.
A start that was cut off is removed under the folder's lock: a keeper that is late finds no plan.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.process import cgroups, files, prepare, proc, seen, tree

REBOOTED = "host rebooted"
KEEPER_LOST = "its keeper process was killed"
END_SECONDS = 10.0
"""Docker's time, too, after which a kill has failed."""
BEGINNING_SECONDS = 0.002
BEGINNING_TRIES = 5000
"""A keeper that has its lock writes `keeper.json` within milliseconds: ten seconds are a stuck disk."""


def settle(directory: Path) -> seen.Folder | None:
    """Return a machine that runs or has ended, however it was found; None when it never began.

    Raises:
        NotNowError: its keeper hangs.
    """
    for _ in range(BEGINNING_TRIES):
        found = seen.look(directory)
        if found is None or found.running or found.finished:
            return found
        if not found.held:
            return _settle_unheld(found)
        time.sleep(BEGINNING_SECONDS)
    raise NotNowError(
        f"the keeper of {directory.name} has not begun its machine within "
        f"{BEGINNING_TRIES * BEGINNING_SECONDS:.0f} s: is the disk of {directory} stuck?"
    )


def _settle_unheld(found: seen.Folder) -> seen.Folder | None:
    if found.keeper is None or found.ended is not None:
        clear(found)
        return settle(found.directory)
    end(found)
    _record_loss(found)
    return seen.look(found.directory)


def clear(found: seen.Folder) -> None:
    """Remove all of a machine that never began, unless a keeper begins it just now."""
    try:
        folder = files.open_folder(str(found.directory))
    except FileNotFoundError:
        return
    try:
        mine = files.lock(folder)
        if mine is not None:
            cgroups.remove(found.plan["cgroups"])
            prepare.tidy(found.directory)
            # Last, for without it nobody comes back for the rest; a keeper waits for the lock until then.
            remove(found.directory)
            os.close(mine)
    finally:
        os.close(folder)


def remove(directory: Path) -> None:
    """Remove an engine folder, the plan first: without it no keeper starts."""
    folder = directory / files.FOLDER
    (folder / files.PLAN).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _record_loss(found: seen.Folder) -> None:
    same_boot = (found.keeper or {}).get("boot_id") == proc.boot_id()
    lost = KEEPER_LOST if same_boot else REBOOTED
    folder = files.open_folder(str(found.directory))
    try:
        files.write(folder, files.ENDED, {"lost": lost, "ended_wall": time.time()})
    finally:
        os.close(folder)


def signal_keeper(found: seen.Folder, number: signal.Signals) -> None:
    """Send a signal to the keeper of a machine, or to nobody when it is gone; it may have been stopped."""
    one = _process(found, "pid", "start")
    if one is not None:
        proc.send(one, number)
        proc.send(one, signal.SIGCONT)


def _process(found: seen.Folder, pid: str, start: str) -> proc.Process | None:
    keeper = found.keeper or {}
    one = proc.process(cast("int", keeper.get(pid, 0)))
    same = one is not None and one.start == keeper.get(start) and keeper.get("boot_id") == proc.boot_id()
    return one if same else None


def processes(found: seen.Folder) -> list[proc.Process]:
    """Return the processes of a machine that can be told without its keeper."""
    keeper, table = found.keeper or {}, proc.table()
    session = cast("int", keeper.get("payload_pid", 0))
    if keeper.get("boot_id") != proc.boot_id():
        session = 0
    elif session in table and _process(found, "payload_pid", "payload_start") is None:
        session = 0  # somebody else's by now; a number is not used again while its session lives
    marker = prepare.marker(found.directory)
    return [
        one
        for one in table.values()
        if one.pid != os.getpid() and ((session and one.session == session) or proc.carries(one.pid, marker))
    ]


def end(found: seen.Folder) -> None:
    """End all that is left of a machine, but for its keeper.

    Raises:
        NotNowError: some of it cannot be killed.
    """
    _end(found.plan["machine"], lambda: processes(found), found.plan["cgroups"])


def end_unseen(directory: Path, groups: list[str]) -> None:
    """End all that is left of a machine whose engine folder a foreign hand removed.

    Raises:
        NotNowError: some of it cannot be killed.
    """
    marker = prepare.marker(directory)
    _end(
        directory.name,
        lambda: [one for one in proc.table().values() if proc.carries(one.pid, marker)],
        groups,
    )


def _end(machine: str, find: Callable[[], list[proc.Process]], groups: list[str]) -> None:
    left = tree.end_all(find, groups, seconds=END_SECONDS)
    if left:
        numbers = ", ".join(map(str, sorted(left)))
        raise NotNowError(
            f"processes {numbers} of {machine} do not end when they are killed: they hang in "
            f"the kernel, mostly on a file system that does not answer (see ps -o pid,wchan,cmd {numbers})"
        )
