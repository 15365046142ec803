"""Pictures of the space as it was, for whoever looks back: a ring of its own file, bounded by bytes.

Rules of this file: it may be lost. It stands beside the record and not in it, so that what must never be lost
stays small and its writes few; it is not synced, and a file that cannot be used is begun anew. A picture is
bytes here; who makes it knows what is in it.

How often one may be kept follows from its size: `interval_seconds` says after how long the next one is due,
so that the ring holds three days whatever the size of the space.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BYTES_MAX = 128 << 20
"""Three days of three factories and three targets, a picture of 4 kB each 10 s, are 104 MB."""
KEPT_SECONDS = 3 * 86_400.0
INTERVAL_SECONDS_MIN = 10.0
BUSY_SECONDS = 5.0
MODE = 0o600
_SUFFIXES = ("", "-wal", "-shm", "-journal")
_TABLE = """
    CREATE TABLE IF NOT EXISTS pictures (
        serial INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, body BLOB NOT NULL)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS pictures_by_time ON pictures (time)"
_ADD = "INSERT INTO pictures (time, body) VALUES (?, ?)"
_BYTES = "SELECT total(length(body)) FROM pictures"
_OLDEST = "SELECT serial, length(body) FROM pictures ORDER BY serial LIMIT 1"
_AT = "SELECT serial FROM pictures WHERE time <= ? ORDER BY time DESC, serial DESC LIMIT 1"
_AFTER = "SELECT serial FROM pictures WHERE serial > ? ORDER BY serial LIMIT 1 OFFSET ?"
_BEFORE = "SELECT serial FROM pictures WHERE serial < ? ORDER BY serial DESC LIMIT 1 OFFSET ?"
_FIRST = "SELECT min(time) FROM pictures"
_ONE = "SELECT time, body FROM pictures WHERE serial = ?"


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture."""

    time: float
    """When it was made, in Unix seconds."""
    body: bytes


def interval_seconds(size_bytes: int) -> float:
    """Return after how long another picture of this size may be kept, for three days to have room."""
    return max(INTERVAL_SECONDS_MIN, size_bytes * KEPT_SECONDS / BYTES_MAX)


class Pictures:
    """The ring. Its methods block for a moment: call them from a thread; several may at a time."""

    def __init__(self, path: Path, bytes_max: int = BYTES_MAX) -> None:
        """Open the file `path`, or begin one.

        Raises:
            sqlite3.Error, OSError: the disk is at fault.
        """
        self._lock = threading.Lock()
        self._bytes_max = bytes_max
        try:
            self._connection, self._bytes = _open(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # its bytes are no database
            for suffix in _SUFFIXES:
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._connection, self._bytes = _open(path)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def add(self, time: float, body: bytes) -> None:
        """Keep a picture made at `time` (Unix seconds); the oldest go for it.

        Raises:
            sqlite3.Error: the disk is full or at fault; nothing else is lost.
        """
        with self._lock:
            with self._connection as connection:
                held = self._bytes + len(body)
                while held > self._bytes_max and (oldest := connection.execute(_OLDEST).fetchone()):
                    connection.execute("DELETE FROM pictures WHERE serial = ?", (oldest[0],))
                    held -= oldest[1]
                connection.execute(_ADD, (time, body))
            self._bytes = held  # now that it is written

    def find(self, at: float, step: int = 0) -> Kept | None:
        """Return the last picture until `at`, or so many after or before it: the last or first at the ends.

        Returns:
            None where none is that old.
        """
        with self._lock:
            row = self._connection.execute(_AT, (at,)).fetchone()
            serial = row[0] if row else 0
            serial = self._stepped(serial, step)
            found = self._connection.execute(_ONE, (serial,)).fetchone()
        return Kept(*found) if found else None

    def first(self) -> float | None:
        """Return when the oldest was made, in Unix seconds; None: there is none."""
        with self._lock:
            (time,) = self._connection.execute(_FIRST).fetchone()
        return time if time is None else float(time)

    def _stepped(self, serial: int, step: int) -> int:
        for offset in range(abs(step), 0, -1):
            row = self._connection.execute(_AFTER if step > 0 else _BEFORE, (serial, offset - 1)).fetchone()
            if row:
                return int(row[0])
        return serial


def _open(path: Path) -> tuple[sqlite3.Connection, int]:
    """Return the file and how many bytes of pictures are in it; a page of it that is damaged shows here."""
    path.touch(MODE)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "cache_size = -256"):
            connection.execute(f"PRAGMA {pragma}")
        with connection:
            connection.execute(_TABLE)
            connection.execute(_INDEX)
        held = int(connection.execute(_BYTES).fetchone()[0])
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            connection.close()
        raise
    return connection, held
