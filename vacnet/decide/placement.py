"""Placement: whether and with how many processors a machine of a target fits on this host.

Rules of this file: pure arithmetic over what is free and what a machine needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vacnet.targets.model import Target

CAN_MAX = 255
GB = 10**9


@dataclass(frozen=True, slots=True)
class Room:
    """What is free on this host for machines, claims taken off; `until` is the host's deadline."""

    processors: int
    memory_bytes: int
    disk_bytes: int
    gpus: int
    until: float | None = None
    """Monotonic seconds at which all machines have to be gone; None: no deadline."""


@dataclass(frozen=True, slots=True)
class Occupied:
    """What takes room here: a machine, or room kept for one."""

    target: Target
    processors: int
    ends_at: float = math.inf
    """Its deadline; infinity where none is known."""


def without(room: Room, taken: Iterable[Occupied]) -> Room:
    """Return what `taken` leaves of `room`; below zero where more is taken than there is."""
    some = tuple(taken)
    return replace(
        room,
        processors=room.processors - sum(one.processors for one in some),
        memory_bytes=room.memory_bytes
        - sum(one.target.memory_bytes_per_processor * one.processors for one in some),
        disk_bytes=room.disk_bytes
        - sum(one.target.disk_gb_per_processor * GB * one.processors for one in some),
        gpus=room.gpus - sum(one.target.gpus for one in some),
    )


def room_at(target: Target, whole: Room, taken: Iterable[Occupied], now: float) -> float | None:
    """Return when the smallest machine of `target` fits in `whole` if all that is there ends at its deadline.

    None: it never does, or too late for the host's own deadline.
    """
    there = sorted(taken, key=lambda one: one.ends_at)
    free, at = without(whole, there), now
    for one in there:
        if fits(target, free):
            break
        free, at = _given_back(free, one), max(at, one.ends_at)
    return at if fits(target, free) and has_time(target, whole, at) else None


def _given_back(room: Room, one: Occupied) -> Room:
    none = Room(0, 0, 0, 0)
    took = without(none, (one,))
    return replace(
        room,
        processors=room.processors - took.processors,
        memory_bytes=room.memory_bytes - took.memory_bytes,
        disk_bytes=room.disk_bytes - took.disk_bytes,
        gpus=room.gpus - took.gpus,
    )


def needs(target: Target) -> tuple[int, int, int, int]:
    """Return processors, memory, disk and GPUs of its smallest machine."""
    least = target.min_processors
    return least, target.memory_bytes_per_processor * least, target.disk_gb_per_processor * least, target.gpus


def is_large(target: Target, others: Iterable[Target]) -> bool:
    """Tell whether machines of others fit where none of `target` does: they take its room bit by bit."""
    mine = needs(target)
    rivals = (other for other in others if other.target_share > 0 and other.name != target.name)
    return any(need > less for other in rivals for need, less in zip(mine, needs(other), strict=True))


def fits(target: Target, room: Room) -> int:
    """Return the processors a machine of `target` gets in `room`, 0 when it does not fit."""
    memory = room.memory_bytes // max(1, target.memory_bytes_per_processor)
    disk = room.disk_bytes // (target.disk_gb_per_processor * GB) if target.disk_gb_per_processor else memory
    processors = min(target.max_processors, room.processors, memory, disk)
    enough = processors >= target.min_processors and room.gpus >= target.gpus
    return processors if enough else 0


def machines_that_fit(target: Target, room: Room) -> int:
    """Return how many machines of `target` fit beside each other, at most `CAN_MAX`."""
    if not fits(target, room):
        return 0
    smallest = target.min_processors
    by_processors = room.processors // smallest
    by_memory = room.memory_bytes // max(1, target.memory_bytes_per_processor * smallest)
    by_disk = _by(room.disk_bytes, target.disk_gb_per_processor * GB * smallest)
    return min(CAN_MAX, by_processors, by_memory, by_disk, _by(room.gpus, target.gpus))


def _by(there: int, needed: int) -> int:
    return there // needed if needed else CAN_MAX


def has_time(target: Target, room: Room, now: float) -> bool:
    """Tell whether the host's deadline leaves the target the time it needs at least."""
    return room.until is None or room.until - now >= target.min_wallclock_seconds


def deadline_at(target: Target, room: Room, now: float) -> float:
    """Return when a machine started now has to be gone, monotonic seconds."""
    latest = now + target.max_wallclock_seconds
    return latest if room.until is None else min(latest, room.until)
