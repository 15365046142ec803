"""The tables of the record and how a database of an earlier version becomes one of this version.

Rules of this file: `MIGRATIONS[n]` takes a database from version n to n + 1 and is never edited
once released: a change of the tables is a new entry. The version stands in SQLite's `user_version`
and each step commits together with it, so that a kill leaves the one or the other, never half. A
database of a later version is refused, not guessed at. `application_id` tells a database of ours
from any other file that SQLite can read.

Theory: WAL with synchronous=FULL fsyncs the log at each commit, so what was committed outlives
a loss of power (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import sqlite3

from vacnet.record.errors import TooNewError

APPLICATION_ID = 0x7661636E
"""`vacn` in ASCII."""

_FIRST: tuple[str, ...] = (
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE machines (
        serial INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, number INTEGER NOT NULL,
        target TEXT NOT NULL, model TEXT NOT NULL, kind TEXT NOT NULL, processors INTEGER NOT NULL,
        memory_bytes INTEGER NOT NULL, disk_bytes INTEGER NOT NULL, accounting_fqan TEXT NOT NULL,
        benchmark_name TEXT NOT NULL, benchmark_per_processor REAL NOT NULL, created_wall REAL NOT NULL,
        created_boot REAL NOT NULL, boot_id TEXT NOT NULL, deadline_boot REAL NOT NULL,
        deadline_wall REAL NOT NULL, ticket_number INTEGER NOT NULL, window_number INTEGER NOT NULL,
        window_opener TEXT NOT NULL, spec BLOB NOT NULL, reference TEXT NOT NULL, state TEXT NOT NULL,
        started_wall REAL, started_boot REAL, proved_boot REAL, stop_reason TEXT NOT NULL, ended_wall REAL,
        cpu_seconds REAL NOT NULL, memory_peak_bytes INTEGER NOT NULL, outcome_kind TEXT NOT NULL,
        outcome_blame TEXT NOT NULL, message_code INTEGER NOT NULL, message_text TEXT NOT NULL,
        by_vacnet INTEGER NOT NULL, exit_code INTEGER)""",
    "CREATE INDEX machines_by_name ON machines (name)",
    "CREATE INDEX machines_unfinished ON machines (serial) WHERE state <> 'ended'",
    "CREATE INDEX machines_by_end ON machines (ended_wall) WHERE state = 'ended'",
    "CREATE INDEX machines_by_window ON machines (target, window_number, window_opener)",
    """CREATE TABLE accounting (
        id TEXT PRIMARY KEY, uuid TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL,
        accounting_fqan TEXT NOT NULL, processors INTEGER NOT NULL, memory_bytes INTEGER NOT NULL,
        benchmark_name TEXT NOT NULL, benchmark_per_processor REAL NOT NULL, started_wall REAL NOT NULL,
        ended_wall REAL NOT NULL, wall_seconds REAL NOT NULL, cpu_seconds REAL NOT NULL,
        memory_peak_bytes INTEGER NOT NULL, outcome_kind TEXT NOT NULL, message_code INTEGER NOT NULL)""",
    "CREATE INDEX accounting_by_end ON accounting (ended_wall)",
    """CREATE TABLE windows (
        target TEXT PRIMARY KEY, number INTEGER NOT NULL, opener TEXT NOT NULL, length_seconds REAL NOT NULL,
        streak INTEGER NOT NULL, open INTEGER NOT NULL, opened_boot REAL NOT NULL, opened_wall REAL NOT NULL,
        boot_id TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE members (
        name TEXT PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE settings (position INTEGER PRIMARY KEY, name TEXT NOT NULL, body BLOB NOT NULL)",
    """CREATE TABLE events (
        serial INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, name TEXT NOT NULL,
        fields TEXT NOT NULL, warning INTEGER NOT NULL)""",
    """CREATE TABLE decisions (
        serial INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, chosen TEXT NOT NULL,
        body TEXT NOT NULL)""",
    "CREATE TABLE reserve (id INTEGER PRIMARY KEY, room BLOB NOT NULL)",
)

_SECOND: tuple[str, ...] = (
    """CREATE TABLE suspicions (
        target TEXT PRIMARY KEY, count INTEGER NOT NULL, since_boot REAL NOT NULL, until_boot REAL NOT NULL,
        failed REAL NOT NULL, tried REAL NOT NULL, rate REAL NOT NULL, kept_boot REAL NOT NULL,
        kept_wall REAL NOT NULL, boot_id TEXT NOT NULL) WITHOUT ROWID""",
)

_THIRD: tuple[str, ...] = (
    """CREATE TABLE counts (
        what TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL,
        last_wall REAL NOT NULL, PRIMARY KEY (what, target, outcome)) WITHOUT ROWID""",
    # What is known of the time before there were counts: a machine stands in one table or in both.
    """INSERT INTO counts SELECT 'ended', target, outcome_kind, count(*), max(ended_wall) FROM (
        SELECT target, outcome_kind, ended_wall FROM machines WHERE state = 'ended'
        UNION ALL SELECT target, outcome_kind, ended_wall FROM accounting a
        WHERE NOT EXISTS (SELECT 1 FROM machines m WHERE m.id = a.id)) GROUP BY target, outcome_kind""",
    """INSERT INTO counts SELECT 'started', target, '', count(*), max(started_wall) FROM (
        SELECT id, target, started_wall FROM machines WHERE started_wall IS NOT NULL
        UNION ALL SELECT id, target, started_wall FROM accounting a
        WHERE NOT EXISTS (SELECT 1 FROM machines m WHERE m.id = a.id AND m.started_wall IS NOT NULL))
        GROUP BY target""",
)

_FOURTH: tuple[str, ...] = ("ALTER TABLE machines ADD COLUMN ended_boot REAL",)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND, _THIRD, _FOURTH)


def version(connection: sqlite3.Connection) -> int:
    """Return the version of a database; 0 for one that was just made."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_ours(connection: sqlite3.Connection) -> bool:
    """Tell a database of ours, or an empty one, from another program's."""
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        return True
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def migrate(connection: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Bring a database to the newest version, one transaction a step.

    Raises:
        TooNewError: the database was written by a later vacnet.
        sqlite3.Error: a step cannot be written; the database stays at the version before it.
    """
    found = version(connection)
    if found > len(migrations):
        raise TooNewError(
            f"the record has version {found}, this vacnet knows versions up to {len(migrations)}: "
            "it was written by a later vacnet; install that one again, or move vacnet.db away to begin "
            "a new record (running machines are adopted, history is lost)"
        )
    for step in range(found, len(migrations)):
        _take_step(connection, step, migrations[step])


def _take_step(connection: sqlite3.Connection, step: int, statements: tuple[str, ...]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {step + 1}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
