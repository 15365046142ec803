"""What counts as a change of an own row: whether all have to hear of it now, at leisure, or not at all.

Rules of this file: contents are compared as they travel, so a difference that no receiver could see is
none. A time that moved by less than a second is the same time, told anew (the agent may compute it from
ages). A factory's load, free memory and free disk are for people and never stand still: they ride with
the next datagram unless they moved by much, and then with the next beat.

A window that somebody else opened is no news: all hear of it from who opened it, and the copies that each
puts into its own row only keep it alive. Were they news, each window would cost a datagram from everybody
to everybody. A copy that comes with anything else that changed travels with that.
"""

from __future__ import annotations

import enum

import msgspec

from vacnet.space import coding
from vacnet.space.limits import RETOLD_SECONDS
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.table import timeless
from vacnet.space.wire import WireTarget

RETOLD = RETOLD_SECONDS * 10
LOAD_STEP = 50
"""Half a process, in hundredths."""
SPACE_STEP = 16
"""A sixteenth of what was free."""


class Change(enum.Enum):
    """How much another row differs."""

    NONE = "none"
    LEISURE = "leisure"
    """Worth telling, with the next beat."""
    NEWS = "news"


def target_change(before: TargetRow | None, after: TargetRow, owner: str, now: float) -> Change:
    """Return how much the row of a target differs; `owner` is whose row it is."""
    if before is None:
        return Change.NEWS
    old, new = (coding.target_to_wire(row, 1, now) for row in (before, after))
    if timeless(old) == timeless(new) and not _retold_far(old, new):
        return Change.NONE
    is_copy = after.window.opener != owner
    with_its_window = msgspec.structs.replace(old, window=new.window)
    alike = timeless(with_its_window) == timeless(new) and not _retold_far(with_its_window, new)
    return Change.LEISURE if is_copy and alike else Change.NEWS


def _retold_far(old: WireTarget, new: WireTarget) -> bool:
    pairs = [(getattr(old, name) or 0, getattr(new, name) or 0) for name in coding.AGES]
    pairs.append((old.window.age, new.window.age))
    return any(abs(one - other) >= RETOLD for one, other in pairs)


def factory_change(before: FactoryRow, after: FactoryRow, now: float) -> Change:
    """Return how much a factory's row differs."""
    old, new = (coding.factory_to_wire(row, 1, None, now) for row in (before, after))
    people = {"load_hundredths": 0, "memory_free_mib": 0, "disk_free_mib": 0, "deadline_in": None}
    plain = [msgspec.structs.replace(wire, **people) for wire in (old, new)]
    if plain[0] != plain[1] or _deadline_moved(before, after):
        return Change.NEWS
    moved = abs(old.load_hundredths - new.load_hundredths) >= max(LOAD_STEP, old.load_hundredths // 4)
    moved |= _room_moved(old.memory_free_mib, new.memory_free_mib)
    moved |= _room_moved(old.disk_free_mib, new.disk_free_mib)
    return Change.LEISURE if moved else Change.NONE


def _deadline_moved(before: FactoryRow, after: FactoryRow) -> bool:
    if before.deadline_at is None or after.deadline_at is None:
        return before.deadline_at is not after.deadline_at
    return abs(before.deadline_at - after.deadline_at) >= RETOLD_SECONDS


def _room_moved(before: int, after: int) -> bool:
    return abs(before - after) * SPACE_STEP > before
