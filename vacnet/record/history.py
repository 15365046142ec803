"""The ends of machines, counted: how many of which target ended how, in which hour, after how long a life.

Rules of this file: one query, and nothing of single machines leaves it but the words of the last. A machine
stands in `machines` until its directory has expired and, if it ran, in `accounting` for good: each counts
once. Lives are those of accounting, by a clock that does not step; what never ran has none.

An hour is one of UTC. The message beside the newest end is that of the newest: SQLite promises it of a
bare column beside max() (https://www.sqlite.org/lang_select.html#bareagg).
"""

from __future__ import annotations

import sqlite3

import msgspec

from vacnet.record.rows import ENDED, Tally

_ENDS = f"""
    SELECT m.target AS target, m.kind AS kind, m.outcome_kind AS outcome, m.message_code AS code,
        m.message_text AS words, m.ended_wall AS ended, a.wall_seconds AS lived
    FROM machines m LEFT JOIN accounting a ON a.id = m.id
    WHERE m.state = '{ENDED}' AND m.ended_wall >= :since
    UNION ALL
    SELECT a.target, '', a.outcome_kind, a.message_code, '', a.ended_wall, a.wall_seconds
    FROM accounting a
    WHERE a.ended_wall >= :since AND NOT EXISTS (SELECT 1 FROM machines m WHERE m.id = a.id)
"""  # noqa: S608 (a constant)
_TALLIES = f"""
    SELECT target, kind, outcome, code, CAST(ended / 3600 AS INTEGER) * 3600 AS hour,
        count(*) AS ended, count(lived) AS ran, total(lived) AS lived_seconds, max(ended) AS last, words
    FROM ({_ENDS}) GROUP BY target, kind, outcome, code, hour ORDER BY hour, target, code
"""  # noqa: S608 (constants of this file)
_FIRST = """
    SELECT min(first) FROM (
        SELECT * FROM (SELECT created_wall AS first FROM machines ORDER BY serial LIMIT 1)
        UNION ALL SELECT * FROM (SELECT started_wall FROM accounting ORDER BY ended_wall LIMIT 1)
        UNION ALL SELECT * FROM (SELECT time FROM events ORDER BY serial LIMIT 1))
"""
"""The first of each table by its index: a year of accounting is not read for one number."""


def tallies(connection: sqlite3.Connection, since: float) -> list[Tally]:
    """Return the ends at `since` (Unix seconds) or later, by hour, target and how they ended."""
    names = Tally.__struct_fields__
    rows = connection.execute(_TALLIES, {"since": since})
    return [msgspec.convert(dict(zip(names, row, strict=True)), Tally) for row in rows]


def begins(connection: sqlite3.Connection) -> float | None:
    """Return the time (Unix seconds) of the first thing that the record knows; None: it knows nothing."""
    (first,) = connection.execute(_FIRST).fetchone()
    return first if first is None else float(first)
