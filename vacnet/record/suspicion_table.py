"""Suspicions of itself that a factory keeps over a restart and a reboot.

Rules of this file: times are kept on CLOCK_BOOTTIME with the boot id and with what time it was then by
both clocks. In the same boot they are exact; after a reboot the time that has passed comes from wall
time, clamped at 0: a wall clock that was set back makes no suspicion longer than it was.
"""

from __future__ import annotations

import sqlite3

from vacnet.decide.blackholes import Suspicion
from vacnet.record.window_table import Clocks

_COLUMNS = "target, count, since_boot, until_boot, failed, tried, rate, kept_boot, kept_wall, boot_id"


def keep(connection: sqlite3.Connection, target: str, suspicion: Suspicion, clocks: Clocks) -> None:
    """Keep the suspicion of a target in place of the one before; none is not kept."""
    connection.execute("DELETE FROM suspicions WHERE target = ?", (target,))
    if not suspicion.count:
        return
    one = (target, suspicion.count, suspicion.since, suspicion.until)
    numbers = (suspicion.failed, suspicion.tried, suspicion.rate)
    row = (*one, *numbers, clocks.boot, clocks.wall, clocks.boot_id)
    places = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO suspicions ({_COLUMNS}) VALUES ({places})", row)  # noqa: S608 (our own)


def suspicions(connection: sqlite3.Connection, clocks: Clocks) -> dict[str, Suspicion]:
    """Return the suspicion of each target that has one, on the clock of this boot."""
    kept = {}
    rows = connection.execute(f"SELECT {_COLUMNS} FROM suspicions")  # noqa: S608 (our own)
    for target, count, since, until, failed, tried, rate, boot, wall, boot_id in rows:
        passed = max(0.0, clocks.wall - wall)
        later = 0.0 if boot_id == clocks.boot_id else clocks.boot - passed - boot
        kept[target] = Suspicion(count, since + later, until + later, failed, tried, rate)
    return kept
