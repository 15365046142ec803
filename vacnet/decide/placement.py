"""Placement: whether and with how many processors a machine of a target fits on this host.

Rules of this file: pure arithmetic over what is free and what a machine needs.
"""

from __future__ import annotations

from dataclasses import dataclass

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
