"""Opening the database: whole and ours, or set aside with a new one begun.

Rules of this file: a database is set aside only when its own bytes are at fault (damaged, another
program's, not to be read); on a full or sick disk a good database must not be taken for a bad one, so
those are errors with their remedy. What is set aside keeps its log beside it, so that SQLite's own
tools can still be tried on it; the last few are kept.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from vacnet.record.ballast import Ballast
from vacnet.record.disk_faults import DAMAGED, primary_code, words_of
from vacnet.record.errors import RecordError
from vacnet.record.reserve import CHECKPOINT_PAGES, PAGE_BYTES, ROOM_BYTES
from vacnet.record.schema import is_ours, migrate

SET_ASIDE_MAX = 3
BUSY_SECONDS = 5.0
SUFFIXES = ("", "-wal", "-shm")

_PRAGMAS = (
    f"page_size = {PAGE_BYTES}",  # of a new database
    "journal_mode = WAL",
    "synchronous = FULL",
    f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    f"journal_size_limit = {4 * ROOM_BYTES}",
    "cache_size = -1024",  # KiB: a factory is a guest on its host
    "temp_store = MEMORY",
)


class _UnusableError(Exception):
    """The file's own bytes are at fault."""


def open_or_rebuild(path: Path, wall: float) -> tuple[sqlite3.Connection, str]:
    """Open the database at `path`, made if need be; the text says so when another was set aside.

    Args:
        path: the database file.
        wall: Unix seconds, for the name of a file set aside.

    Raises:
        RecordError: the disk is at fault, or a later vacnet wrote the file.
    """
    try:
        return _open(path), ""
    except _UnusableError as error:
        aside = _set_aside(path, wall)
        words = (
            f"the record {path} was unusable ({error}) and stands aside as {aside}; a new one was begun: "
            "machines that run are adopted from their labels and directories, history is lost"
        )
        return _open(path), words


def open_with_ballast(ballast: Ballast, path: Path, wall: float) -> tuple[sqlite3.Connection, str]:
    """Do as `open_or_rebuild`, with the room of the ballast if a full disk takes that."""
    try:
        return open_or_rebuild(path, wall)
    except RecordError:
        if not ballast.stands():
            raise
        ballast.free()
        return open_or_rebuild(path, wall)


def _open(path: Path) -> sqlite3.Connection:
    try:
        _keep_private(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise _fault(path, error) from error
    try:
        _prepare(connection)
    except sqlite3.Error as error:
        connection.close()
        raise _fault(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _keep_private(path: Path) -> None:
    """Give the file mode 0600 before SQLite writes to it; its log and index take the same mode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _UnusableError(found)
    if not is_ours(connection):
        raise _UnusableError("it is the database of another program")
    migrate(connection)


def _fault(path: Path, error: Exception) -> Exception:
    """Tell a file whose bytes are at fault from a disk that is."""
    if primary_code(error) in DAMAGED:
        return _UnusableError(str(error))
    unreadable = _why_unreadable(path)
    if unreadable:
        return _UnusableError(unreadable)
    words = words_of(error) if isinstance(error, sqlite3.Error) else str(error)
    return RecordError(f"{path} cannot be opened: {words}")


def _why_unreadable(path: Path) -> str:
    try:
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def _set_aside(path: Path, wall: float) -> Path:
    aside = path.with_name(f"{path.name}.corrupt-{wall:.0f}")
    for suffix in SUFFIXES:
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.rename(aside.with_name(aside.name + suffix))
    _forget_oldest(path)
    return aside


def _forget_oldest(path: Path) -> None:
    names = sorted(path.parent.glob(f"{path.name}.corrupt-*[0-9]"), key=lambda found: found.stat().st_mtime)
    for old in names[:-SET_ASIDE_MAX]:
        for suffix in SUFFIXES:
            old.with_name(old.name + suffix).unlink(missing_ok=True)
