"""How many machines were started, ended and not made, by target: counted where that is written down.

Rules of this file: a count rises in the transaction that writes the event it counts, so that neither is
kept without the other, whatever is killed; and it only rises. It outlives machines and their accounting, and
begins at nothing with the record. Rows are of targets, so there are a few for each that was ever offered.
"""

from __future__ import annotations

import sqlite3

import msgspec

from vacnet.record.rows import Count, Finish

STARTED = "started"
ENDED = "ended"
NOT_MADE = "not-made"

_COUNT = """
    INSERT INTO counts (what, target, outcome, count, last_wall)
    SELECT :what, target, :outcome, 1, :wall FROM machines WHERE id = :id{further}
    ON CONFLICT (what, target, outcome) DO UPDATE SET count = count + 1, last_wall = :wall
"""
_COUNT_END = _COUNT.format(further="")
_COUNT_START = _COUNT.format(further=" AND started_wall IS NULL AND state <> 'ended'")


def count_start(connection: sqlite3.Connection, machine_id: str, started_wall: float) -> None:
    """Count the start of a machine, unless one is written down; call it before that is."""
    values = {"what": STARTED, "id": machine_id, "outcome": "", "wall": started_wall}
    connection.execute(_COUNT_START, values)


def count_end(connection: sqlite3.Connection, machine_id: str, finish: Finish) -> None:
    """Count an end that is written down now, or that no machine was made."""
    what, outcome = (ENDED, finish.outcome_kind) if finish.made else (NOT_MADE, "")
    values = {"what": what, "id": machine_id, "outcome": outcome, "wall": finish.ended_wall}
    connection.execute(_COUNT_END, values)


def counts(connection: sqlite3.Connection) -> list[Count]:
    """Return every count."""
    names = Count.__struct_fields__
    rows = connection.execute("SELECT what, target, outcome, count, last_wall FROM counts")
    return [msgspec.convert(dict(zip(names, row, strict=True)), Count) for row in rows]
