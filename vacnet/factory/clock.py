"""The clock of a factory: seconds since the boot, those of a suspended host included.

Rules of this file: everything that waits, ages or ends runs on this clock, so that a step of the wall
clock moves nothing; wall time is for display and for what outlives a boot. asyncio's timers run on
CLOCK_MONOTONIC, which stands still in a suspend: a timer may then come late by this clock, which is
what a stall is (see `loop`).
"""

from __future__ import annotations

import time
from pathlib import Path

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


def boot_seconds() -> float:
    """Return CLOCK_BOOTTIME in seconds."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Return the kernel's identity of this boot; times of `boot_seconds` mean nothing under another."""
    return BOOT_ID_FILE.read_text().strip()


def at_boot_seconds(wall: float) -> float:
    """Return the time of `boot_seconds` at which the wall clock will show `wall`, if it is not set."""
    return boot_seconds() + wall - time.time()


class HostClock:
    """Both clocks of the host, as the life of a machine takes them."""

    def boottime(self) -> float:
        """Return CLOCK_BOOTTIME in seconds."""
        return boot_seconds()

    def wall(self) -> float:
        """Return Unix time in seconds."""
        return time.time()
