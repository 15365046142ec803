"""What SQLite says when the disk, not the statement, is at fault, and what an admin can do about it.

Rules of this file: one table of SQLite's primary result codes (https://www.sqlite.org/rescode.html);
a code that is not in it is the fault of whoever asked. A write that met one of these is worth
trying again, for the disk may be mended meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType

_DAMAGED_WORDS = "the file is damaged: restart vacnet, it sets it aside and adopts what runs"

REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: "free space on the disk",
        sqlite3.SQLITE_IOERR: "the disk refuses: look at quotas, free space and the kernel's log (dmesg)",
        sqlite3.SQLITE_READONLY: "it is read-only: mount the disk read-write, mend the file's owner",
        sqlite3.SQLITE_PERM: "the file may not be written: mend its owner and mode",
        sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: look at free space, owners and modes",
        sqlite3.SQLITE_CORRUPT: _DAMAGED_WORDS,
        sqlite3.SQLITE_NOTADB: _DAMAGED_WORDS,
        sqlite3.SQLITE_BUSY: "another program keeps the database locked: end that program (fuser shows it)",
        sqlite3.SQLITE_LOCKED: "another program keeps the database locked: end that program (fuser shows it)",
        sqlite3.SQLITE_NOMEM: "no memory is left: free some on this host",
    }
)

OF_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
"""Faults that more room may mend: a quota is told as an I/O error."""

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def primary_code(error: BaseException) -> int:
    """Return SQLite's primary result code of an error; 0 for any other error."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_disk_fault(error: BaseException) -> bool:
    """Tell whether the disk, not the statement, is at fault."""
    return isinstance(error, sqlite3.Error) and primary_code(error) in REMEDIES


def words_of(error: sqlite3.Error) -> str:
    """Return what went wrong and what to do."""
    remedy = REMEDIES.get(primary_code(error), "this is a fault of vacnet: please report it")
    return f"{error}; {remedy}"
