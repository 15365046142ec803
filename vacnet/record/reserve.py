"""Room inside the database that no other program can take when the disk is full.

Rules of this file: the ballast file gives room back to the whole file system, and a payload that writes
without end eats it within milliseconds; a record that then cannot say "this one is being stopped"
would keep that payload from ever being stopped. So the database always has free pages of its own,
really written to the disk, and a log as long as it needs to be; SQLite overwrites both in place, and ends
can be recorded with not one block left on the disk. The file grows here and nowhere else: a page that
stood in the log alone, beyond the end of the file, would keep the log from being written anew.
(On a file system that copies on write nothing of this helps, and the ballast is all there is.)

Theory: free pages are used before the file grows; a log that was moved into the file is written again
from its start (https://www.sqlite.org/fileformat2.html#the_freelist, https://www.sqlite.org/wal.html).
"""

from __future__ import annotations

import sqlite3

PAGE_BYTES = 4096
CHECKPOINT_PAGES = 256
"""Pages after which SQLite moves the log into the file: the log stays near 1 MiB."""

ROOM_BYTES = (CHECKPOINT_PAGES + 64) * PAGE_BYTES
"""More than the log holds between two checkpoints."""

LOW_PAGES = 128
"""Room for the ends of several hundred machines."""


def is_low(connection: sqlite3.Connection) -> bool:
    """Tell whether there are too few free pages."""
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0]) < LOW_PAGES


def fill(connection: sqlite3.Connection) -> None:
    """Write a row as large as the reserve: it makes the log that long."""
    connection.execute("INSERT OR REPLACE INTO reserve (id, room) VALUES (1, zeroblob(?))", (ROOM_BYTES,))


def settle(connection: sqlite3.Connection) -> None:
    """Move the log into the file, which takes the blocks from the disk.

    Raises:
        sqlite3.Error: the disk has no room for it.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def release(connection: sqlite3.Connection) -> None:
    """Remove the row: its pages are free ones from here on."""
    connection.execute("DELETE FROM reserve")
