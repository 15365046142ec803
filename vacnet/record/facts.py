"""Small things that outlive a restart: epoch, the factory's name, members met, the last good settings.

Rules of this file: each function is a step of the writer's transaction; what it replaces, it
replaces whole. An epoch only ever rises: a lower one would make this factory's rows look old to
the whole space.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from vacnet.agent.effects import Member

NAME = "factory"
EPOCH = "epoch"


def text(connection: sqlite3.Connection, key: str) -> str:
    """Return what was kept under a key, empty when nothing was."""
    row = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
    return row[0] if row else ""


def keep_text(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a text; an empty one is the same as none."""
    connection.execute("DELETE FROM facts WHERE key = ?", (key,))
    if value:
        connection.execute("INSERT INTO facts (key, value) VALUES (?, ?)", (key, value))


def next_epoch(connection: sqlite3.Connection, wall: float) -> int:
    """Keep and return the epoch of a new start: over the last one, and not under wall time in seconds."""
    epoch = max(int(text(connection, EPOCH) or "0") + 1, int(wall))
    keep_text(connection, EPOCH, str(epoch))
    return epoch


def keep_epoch(connection: sqlite3.Connection, epoch: int) -> None:
    """Keep an epoch unless a higher one is kept."""
    keep_text(connection, EPOCH, str(max(int(text(connection, EPOCH) or "0"), epoch)))


def keep_members(connection: sqlite3.Connection, members: Sequence[Member]) -> None:
    """Keep the members met in place of those before."""
    connection.execute("DELETE FROM members")
    rows = [(member.name, *member.address) for member in members]
    connection.executemany("INSERT OR REPLACE INTO members (name, host, port) VALUES (?, ?, ?)", rows)


def members(connection: sqlite3.Connection) -> tuple[Member, ...]:
    """Return the members met, by name."""
    rows = connection.execute("SELECT name, host, port FROM members ORDER BY name")
    return tuple(Member(name, (host, port)) for name, host, port in rows)


def keep_settings(connection: sqlite3.Connection, files: Sequence[tuple[str, bytes]]) -> None:
    """Keep the files of good settings, in order, in place of those before."""
    connection.execute("DELETE FROM settings")
    rows = [(position, name, body) for position, (name, body) in enumerate(files)]
    connection.executemany("INSERT INTO settings (position, name, body) VALUES (?, ?, ?)", rows)


def last_settings(connection: sqlite3.Connection) -> tuple[tuple[str, bytes], ...]:
    """Return the files of the last good settings in their order; empty when there are none."""
    rows = connection.execute("SELECT name, body FROM settings ORDER BY position")
    return tuple((name, body) for name, body in rows)
