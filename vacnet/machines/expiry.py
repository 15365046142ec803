"""Directories of ended machines go after the target's `machines_dir_days`, and with them their rows.

Rules of this file: the time runs from a file ``finished`` beside the machine's own, made by the first
round that finds the machine ended: neither the record nor a time stamp that the machine could set is
needed. 0 days or less keep a directory for ever (Vac's rule); a directory whose target cannot be told is
kept for 3 days, and so is a row without one: of a machine that was stopped before it had any, or whose
expiry was cut off.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from pathlib import Path

from vacnet.machines import directory
from vacnet.machines.tools import Tools
from vacnet.targets.model import Target

FINISHED = "finished"
DAY_SECONDS = 86_400.0
DEFAULT_DAYS = Target(name="").machines_dir_days


async def expire(tools: Tools, unfinished: Collection[str]) -> None:
    """Go through all directories once, leaving alone those of `unfinished` machine ids."""
    wall = tools.clock.wall()
    removed = await asyncio.to_thread(_remove_expired, tools.machines_directory, unfinished, wall)
    left = {home.name for home in await asyncio.to_thread(directory.all_of, tools.machines_directory)}
    bare = {*await tools.record.ended_before(wall - DEFAULT_DAYS * DAY_SECONDS)} - left
    for machine_id in {*removed, *bare}:
        await tools.record.forget_machine(machine_id)


def _remove_expired(machines: Path, unfinished: Collection[str], wall: float) -> list[str]:
    """Remove what is over its time and return the ids; what cannot be removed is left for the next round."""
    return [home.name for home in _ended(machines, unfinished) if _expired(home, wall) and _removed(home)]


def _ended(machines: Path, unfinished: Collection[str]) -> list[Path]:
    return [home for home in directory.all_of(machines) if home.name not in unfinished]


def _expired(home: Path, wall: float) -> bool:
    try:
        ended = (home / FINISHED).stat().st_mtime
    except OSError:
        _mark(home, wall)
        return False
    spec = directory.read_spec(home)
    days = spec.target.machines_dir_days if spec else DEFAULT_DAYS
    return days > 0 and wall - ended > days * DAY_SECONDS


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
