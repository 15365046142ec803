"""What the factories' records say: every machine of the space, read from the SQLite files themselves.

Rules of this file: read-only, and after the factories have stopped; nothing is asked of a running
factory and nothing is remembered by the demo, so that the summary is what an auditor would find.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

RECORD = "vacnet.db"

_MACHINES = """
    SELECT uuid, target, state, outcome_kind, message_code, message_text, cpu_seconds, created_boot,
           ended_wall - created_wall, window_number, window_opener, ticket_number
    FROM machines ORDER BY serial
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine as the record of its factory has it."""

    factory: str
    uuid: str
    target: str
    state: str
    outcome: str
    code: int
    text: str
    cpu_seconds: float
    created: float
    """CLOCK_BOOTTIME seconds, which all factories of one host share."""
    lived_seconds: float | None
    window_number: int
    window_opener: str
    ticket: int


@dataclass(frozen=True, slots=True)
class Books:
    """The records of all factories."""

    factories: tuple[str, ...]
    machines: tuple[Machine, ...]
    accounted: frozenset[str]
    """UUIDs of machines that accounting knows."""


def read(states: Iterable[tuple[str, Path]]) -> Books:
    """Read the records of factories, given by name and state directory."""
    factories: list[str] = []
    machines: list[Machine] = []
    accounted: set[str] = set()
    for name, state in states:
        factories.append(name)
        with closing(_open(state / RECORD)) as connection:
            if _has_tables(connection):
                machines += _machines(name, connection)
                accounted |= {uuid for (uuid,) in connection.execute("SELECT uuid FROM accounting")}
    return Books(tuple(factories), tuple(machines), frozenset(accounted))


def _open(record: Path) -> sqlite3.Connection:
    """Open a record for reading; a factory that was stopped before it made one has an empty one."""
    return sqlite3.connect(f"file:{record}?mode=ro" if record.exists() else ":memory:", uri=True)


def _has_tables(connection: sqlite3.Connection) -> bool:
    return int(connection.execute("PRAGMA user_version").fetchone()[0]) > 0


def _machines(factory: str, connection: sqlite3.Connection) -> Iterator[Machine]:
    for row in connection.execute(_MACHINES):
        yield Machine(factory, *row)
