"""Events and decisions: what happened and why, in rings that are bounded by count and by age.

Rules of this file: a ring forgets its oldest rows, never refuses new ones, and gives a serial only
once. It is cut when a serial is a multiple of `CUT_EVERY`, so it may hold that many rows more than its
bound. What stands in a row is JSON, and a value that JSON has no form for becomes its text: an
event must never be lost because of how somebody filled its fields.

The bounds have no precedent to follow: they hold some days of a busy factory in a few MiB.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from vacnet.decide.reasons import Decision
from vacnet.record.rows import DecisionRecord, EventRecord

CUT_EVERY = 64
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Ring:
    """A table with its bounds."""

    table: str
    rows_max: int
    seconds_max: float


EVENTS = Ring("events", 20_000, 30 * DAY_SECONDS)
DECISIONS = Ring("decisions", 4_000, 7 * DAY_SECONDS)

_ADD_EVENT = "INSERT INTO events (time, name, fields, warning) VALUES (?, ?, ?, ?)"
_ADD_DECISION = "INSERT INTO decisions (time, chosen, body) VALUES (?, ?, ?)"
_DECISION_AT = "SELECT serial, time, body FROM decisions WHERE time <= ? ORDER BY serial DESC LIMIT 1"
_DROPPED = """
    SELECT total(json_extract(fields, '$.datagrams')) FROM events WHERE name = 'gossip.dropped' AND time >= ?
"""
_json = msgspec.json.Encoder(enc_hook=str)


def add_event(
    connection: sqlite3.Connection,
    time: float,
    name: str,
    fields: Mapping[str, object],
    *,
    warning: bool,
) -> None:
    """Add an event that happened at `time` (Unix seconds)."""
    row = (time, name, _json.encode(dict(fields)).decode(), warning)
    _cut(connection, EVENTS, connection.execute(_ADD_EVENT, row).lastrowid or 0, time)


def add_decision(connection: sqlite3.Connection, time: float, decision: Decision) -> None:
    """Add a decision made at `time` (Unix seconds)."""
    row = (time, decision.chosen, _json.encode(decision).decode())
    _cut(connection, DECISIONS, connection.execute(_ADD_DECISION, row).lastrowid or 0, time)


def events(connection: sqlite3.Connection, after: int | None, limit: int) -> list[EventRecord]:
    """Return up to `limit` events after a serial, oldest first; with None, the newest `limit`."""
    rows = _page(connection, EVENTS, "serial, time, name, fields, warning", after, limit)
    return [
        EventRecord(
            serial=serial, time=time, name=name, fields=msgspec.json.decode(fields), warning=bool(warning)
        )
        for serial, time, name, fields, warning in rows
    ]


def dropped(connection: sqlite3.Connection, since: float) -> int:
    """Return how many datagrams the kernel dropped since then (Unix seconds), over restarts too."""
    return int(connection.execute(_DROPPED, (since,)).fetchone()[0])


def decisions(connection: sqlite3.Connection, after: int | None, limit: int) -> list[DecisionRecord]:
    """Return up to `limit` decisions after a serial, oldest first; with None, the newest `limit`."""
    rows = _page(connection, DECISIONS, "serial, time, body", after, limit)
    return [
        DecisionRecord(serial=serial, time=time, decision=msgspec.json.decode(body, type=Decision))
        for serial, time, body in rows
    ]


def decision_at(connection: sqlite3.Connection, time: float) -> DecisionRecord | None:
    """Return the last decision made until `time` (Unix seconds), None if none that old is kept."""
    row = connection.execute(_DECISION_AT, (time,)).fetchone()
    if row is None:
        return None
    serial, made, body = row
    return DecisionRecord(serial=serial, time=made, decision=msgspec.json.decode(body, type=Decision))


def _page(
    connection: sqlite3.Connection, ring: Ring, columns: str, after: int | None, limit: int
) -> list[tuple[Any, ...]]:
    order = "DESC" if after is None else "ASC"
    rows = connection.execute(
        f"SELECT {columns} FROM {ring.table} WHERE serial > ? ORDER BY serial {order} LIMIT ?",  # noqa: S608 (constants of this file)
        (after or 0, limit),
    ).fetchall()
    return rows[::-1] if after is None else rows


def _cut(connection: sqlite3.Connection, ring: Ring, serial: int, time: float) -> None:
    if serial % CUT_EVERY == 0:
        connection.execute(
            f"DELETE FROM {ring.table} WHERE serial <= ? OR time < ?",  # noqa: S608 (a constant of this file)
            (serial - ring.rows_max, time - ring.seconds_max),
        )
