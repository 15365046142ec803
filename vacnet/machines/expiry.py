"""Directories of ended machines go after the target's `machines_dir_days`, and with them their rows.

Rules of this file: the time runs from a file ``finished`` beside the machine's own, made by the first
round that finds the machine ended: neither the record nor a time stamp that the machine could set is
needed. 0 days or less keep a directory for ever (Vac's rule); a directory whose target cannot be told is
kept for 3 days. A row without one, of a machine that was stopped before it had any or whose expiry was cut
off, goes when its directory would.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from vacnet.machines import directory
from vacnet.machines.spec import Spec
from vacnet.machines.stored import decode_spec
from vacnet.machines.tools import Tools
from vacnet.targets.model import Target

FINISHED = "finished"
DAY_SECONDS = 86_400.0
DEFAULT_DAYS = Target(name="").machines_dir_days


async def expire(tools: Tools, unfinished: Collection[str], *, silent: bool = False) -> None:
    """Go through all directories once, leaving alone those of `unfinished` machine ids.

    While an engine is `silent` a machine without a record may run there: what no record has is left alone.
    """
    wall, machines = tools.clock.wall(), tools.machines_directory
    homes = await asyncio.to_thread(directory.all_of, machines)
    names = {home.name for home in homes}
    ended = {*await tools.record.ended_before(math.inf)} if silent else names
    over = [home for home in homes if home.name in ended and home.name not in unfinished]
    removed = await asyncio.to_thread(_remove_expired, over, wall)
    await asyncio.to_thread(_unmark, [machines / machine_id for machine_id in unfinished])
    bare = {*await tools.record.ended_before(wall)} - names
    for machine_id in {*removed, *[one for one in bare if await _row_expired(tools, one, wall)]}:
        await tools.record.forget_machine(machine_id)


def _remove_expired(ended: Iterable[Path], wall: float) -> list[str]:
    """Remove what is over its time and return the ids; what cannot be removed is left for the next round."""
    return [home.name for home in ended if _expired(home, wall) and _removed(home)]


def _unmark(unfinished: Iterable[Path]) -> None:
    """Take the mark from those that were found to run after all."""
    for home in unfinished:
        with suppress(OSError):
            (home / FINISHED).unlink(missing_ok=True)


def _expired(home: Path, wall: float) -> bool:
    try:
        ended = (home / FINISHED).stat().st_mtime
    except OSError:
        _mark(home, wall)
        return False
    return _is_over(directory.read_spec(home), wall - ended)


async def _row_expired(tools: Tools, machine_id: str, wall: float) -> bool:
    row = await tools.record.machine(machine_id)
    if row is None or row.ended_wall is None:
        return False
    return _is_over(decode_spec(row.spec), wall - row.ended_wall)


def _is_over(spec: Spec | None, seconds: float) -> bool:
    days = spec.target.machines_dir_days if spec else DEFAULT_DAYS
    return days > 0 and seconds > days * DAY_SECONDS


def _mark(home: Path, wall: float) -> None:
    try:
        (home / FINISHED).touch(mode=0o644)
        os.utime(home / FINISHED, (wall, wall))
    except OSError:
        # A full disk: the next round marks it.
        return


def _removed(home: Path) -> bool:
    try:
        directory.remove(home)
    except OSError:
        return False
    return True
