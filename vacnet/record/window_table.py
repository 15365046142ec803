"""Windows that outlive a restart and a reboot.

Rules of this file: a window is kept with its opening on CLOCK_BOOTTIME, the boot id, and its opening
in wall time. In the same boot the first is exact, whatever the wall clock did; after a reboot the
age comes from wall time, clamped to 0..length: a wall clock that was set back cannot make a
window younger than new, nor one set forward older than over (DESIGN section 7).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from vacnet.space.window import Window


@dataclass(frozen=True, slots=True)
class Clocks:
    """What time it is: this boot's name, its seconds, and wall time (Unix seconds)."""

    boot_id: str
    boot: float
    wall: float


_KEEP = (
    "INSERT OR REPLACE INTO windows"
    " (target, number, opener, length_seconds, streak, open, opened_boot, opened_wall, boot_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_READ = (
    "SELECT target, number, opener, length_seconds, streak, open, opened_boot, opened_wall, boot_id"
    " FROM windows"
)


def keep(connection: sqlite3.Connection, target: str, window: Window, clocks: Clocks) -> None:
    """Keep the window of a target in place of the one before."""
    opened_wall = clocks.wall - window.age(clocks.boot)
    connection.execute(
        _KEEP,
        (
            target,
            window.number,
            window.opener,
            window.length_seconds,
            window.streak,
            window.open,
            window.opened_at,
            opened_wall,
            clocks.boot_id,
        ),
    )


def windows(connection: sqlite3.Connection, clocks: Clocks) -> dict[str, Window]:
    """Return the window of each target, its opening on the clock of this boot."""
    kept = {}
    for (
        target,
        number,
        opener,
        length,
        streak,
        is_open,
        opened_boot,
        opened_wall,
        boot_id,
    ) in connection.execute(_READ):
        same_boot = boot_id == clocks.boot_id
        age_by_wall = min(max(0.0, clocks.wall - opened_wall), length)
        kept[target] = Window(
            number=number,
            opener=opener,
            opened_at=opened_boot if same_boot else clocks.boot - age_by_wall,
            length_seconds=length,
            streak=streak,
            open=bool(is_open),
        )
    return kept
