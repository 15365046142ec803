"""What is left of a machine whose keeper is gone, and how it is ended without one.

Rules of this file: it is the second line; normally a keeper ends its own tree. Without it a machine's
processes are known by its cgroups, by the payload's session, and by the marker in the environment
they were given; each is ended and the loss is recorded, so that nothing runs that no one answers for.
"""

from __future__ import annotations

import os
import signal
from typing import cast

from vacnet.runtimes.process import prepare, proc, seen, tree


def signal_keeper(folder: seen.Folder, number: signal.Signals) -> None:
    """Send a signal to the keeper of a machine, or to nobody when it is gone."""
    one = _process(folder, "pid", "start")
    if one is not None:
        proc.send(one, number)


def _process(folder: seen.Folder, pid: str, start: str) -> proc.Process | None:
    keeper = folder.keeper or {}
    one = proc.process(cast("int", keeper.get(pid, 0)))
    same = one is not None and one.start == keeper.get(start) and keeper.get("boot_id") == proc.boot_id()
    return one if same else None


def find(folder: seen.Folder) -> list[proc.Process]:
    """Return the processes of a machine that can be told without its keeper."""
    keeper = folder.keeper or {}
    payload = _process(folder, "payload_pid", "payload_start")
    pid, table = cast("int", keeper.get("payload_pid", 0)), proc.table()
    session = pid if payload is not None or pid not in table else 0
    marker = prepare.marker(folder.plan["machine"])
    aside = {os.getpid(), 0}
    return [
        one
        for one in table.values()
        if one.pid not in aside and ((session and one.session == session) or proc.carries(one.pid, marker))
    ]


def end(folder: seen.Folder) -> None:
    """End the keeper if it still lives, and all that is left of the machine."""
    signal_keeper(folder, signal.SIGKILL)
    tree.end_all(lambda: find(folder), folder.plan["cgroups"])


def settle(folder: seen.Folder) -> seen.Folder:
    """End what is left of a machine whose keeper is gone without a word, and record its loss."""
    end(folder)
    return seen.record_loss(folder)
