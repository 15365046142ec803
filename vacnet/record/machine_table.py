"""Machines and their accounting in SQL: steps of a transaction that the writer opens and commits.

Rules of this file: each function takes the connection first and may be run again after a rollback,
so it has no effect but on the database. A machine that has ended stays as it ended: no change
reaches it and a second end is told so, which keeps an outcome from being counted twice after a
crash between the end and its report.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

from vacnet.record.count_table import count_end, count_start
from vacnet.record.errors import RecordError
from vacnet.record.rows import ENDED, AccountingRow, Column, Finish, MachineRecord

FIELDS: tuple[str, ...] = MachineRecord.__struct_fields__

KEYS = frozenset({"id", "uuid"})
"""Columns by which a machine is found: they never change."""

_STARTED = ("started_wall", "started_boot")
_NO_COLUMNS = frozenset({*_STARTED, "wall_seconds", "made"})
_FINISH: tuple[str, ...] = tuple(name for name in Finish.__struct_fields__ if name not in _NO_COLUMNS)
_SELECT = f"SELECT {', '.join(FIELDS)} FROM machines"  # noqa: S608 (names of our own struct)
_INSERT = (
    f"INSERT INTO machines ({', '.join(FIELDS)}) "  # noqa: S608 (names of our own struct)
    f"VALUES ({', '.join(':' + name for name in FIELDS)})"
)
_FINISH_UPDATE = (
    f"UPDATE machines SET state = '{ENDED}', "  # noqa: S608 (names of our own struct)
    f"{', '.join(f'{name} = COALESCE({name}, :{name})' for name in _STARTED)}, "
    f"{', '.join(f'{name} = :{name}' for name in _FINISH)} WHERE id = :id AND state <> '{ENDED}'"
)
_ACCOUNT = ", ".join(name for name in AccountingRow.__struct_fields__)
_ACCOUNT_INSERT = (
    f"INSERT OR IGNORE INTO accounting ({_ACCOUNT}) "  # noqa: S608 (names of our own struct)
    f"SELECT {_ACCOUNT.replace('wall_seconds', ':wall_seconds')} "
    "FROM machines WHERE id = :id"
)


def create(connection: sqlite3.Connection, row: MachineRecord) -> None:
    """Write a machine down.

    Raises:
        RecordError: a machine of this id or uuid is in the record.
    """
    try:
        connection.execute(_INSERT, msgspec.structs.asdict(row))
    except sqlite3.IntegrityError as error:
        raise RecordError(
            f"machine {row.id} (uuid {row.uuid}) is in the record already: each machine is created once"
        ) from error


def check_columns(columns: Mapping[str, Column]) -> None:
    """Refuse what `change` may not set: unknown columns, keys, and the end of a machine.

    Raises:
        ValueError: with the columns that are wrong.
    """
    wrong = sorted(name for name in columns if name not in FIELDS or name in KEYS)
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: not a column of a machine that can be changed")
    if not columns:
        raise ValueError("no column is named that is to be changed")
    if columns.get("state") == ENDED:
        raise ValueError(f"state {ENDED!r} is set by finish_machine alone, with its outcome")


def change(connection: sqlite3.Connection, machine_id: str, columns: Mapping[str, Column]) -> bool:
    """Set columns of an unfinished machine; False when there is none of this id."""
    if isinstance(started := columns.get("started_wall"), int | float):
        count_start(connection, machine_id, started)
    settings = ", ".join(f"{name} = :{name}" for name in columns)
    cursor = connection.execute(
        f"UPDATE machines SET {settings} WHERE id = :id AND state <> '{ENDED}'",  # noqa: S608 (checked names)
        {**columns, "id": machine_id},
    )
    return cursor.rowcount > 0


def finish(connection: sqlite3.Connection, machine_id: str, finish: Finish) -> bool:
    """Write end, outcome and accounting of a machine; False when it has ended before or is unknown."""
    values = msgspec.structs.asdict(finish)
    if finish.started_wall is not None:
        count_start(connection, machine_id, finish.started_wall)
    if connection.execute(_FINISH_UPDATE, {**values, "id": machine_id}).rowcount == 0:
        return False
    count_end(connection, machine_id, finish)
    _account(connection, machine_id, finish)
    return True


def _account(connection: sqlite3.Connection, machine_id: str, finish: Finish) -> None:
    """Write the accounting of a machine that ran, however short that was."""
    row = _one(connection, "WHERE id = :key", machine_id)
    if row is None or row.started_wall is None:
        return
    seconds = finish.wall_seconds
    if seconds is None:
        seconds = max(0.0, finish.ended_wall - row.started_wall)
    connection.execute(_ACCOUNT_INSERT, {"id": machine_id, "wall_seconds": seconds})


def forget(connection: sqlite3.Connection, machine_id: str) -> bool:
    """Remove an ended machine; its accounting row stays. False when there is no ended one of this id."""
    cursor = connection.execute(f"DELETE FROM machines WHERE id = ? AND state = '{ENDED}'", (machine_id,))  # noqa: S608 (a constant)
    return cursor.rowcount > 0


def select(connection: sqlite3.Connection, *, unfinished: bool) -> list[MachineRecord]:
    """Return machines in the order of their creation."""
    where = f"WHERE state <> '{ENDED}'" if unfinished else ""
    return _many(connection, f"{where} ORDER BY serial", ())


def find(connection: sqlite3.Connection, key: str) -> MachineRecord | None:
    """Return the machine of an id or uuid, or the latest of a name."""
    return _one(connection, "WHERE :key IN (id, uuid)", key) or _one(
        connection, "WHERE name = :key ORDER BY serial DESC LIMIT 1", key
    )


def recent(connection: sqlite3.Connection, limit: int) -> list[MachineRecord]:
    """Return the machines that ended last, the newest end first."""
    where = f"WHERE state = '{ENDED}' ORDER BY ended_wall DESC, serial DESC LIMIT ?"
    return _many(connection, where, (limit,))


def under_window(
    connection: sqlite3.Connection, target: str, number: int, opener: str
) -> list[MachineRecord]:
    """Return all machines made under one window of a target, ended or not, oldest first."""
    where = "WHERE target = ? AND window_number = ? AND window_opener = ? ORDER BY serial"
    return _many(connection, where, (target, number, opener))


def accounting(connection: sqlite3.Connection, ended_from: float, limit: int) -> list[AccountingRow]:
    """Return accounting of machines that ended at `ended_from` (Unix seconds) or later, oldest first."""
    rows = connection.execute(
        f"SELECT {_ACCOUNT} FROM accounting WHERE ended_wall >= ? ORDER BY ended_wall, id LIMIT ?",  # noqa: S608 (names of our own struct)
        (ended_from, limit),
    )
    names = AccountingRow.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), AccountingRow) for row in rows]


def accounted(connection: sqlite3.Connection, machine_id: str) -> bool:
    """Tell whether a machine ran and has ended, also if its own row has expired."""
    return connection.execute("SELECT 1 FROM accounting WHERE id = ?", (machine_id,)).fetchone() is not None


def ended_before(connection: sqlite3.Connection, wall: float) -> list[str]:
    """Return the ids of machines that ended before a time (Unix seconds) and are not forgotten."""
    rows = connection.execute(f"SELECT id FROM machines WHERE state = '{ENDED}' AND ended_wall < ?", (wall,))  # noqa: S608 (a constant)
    return [machine_id for (machine_id,) in rows]


def _one(connection: sqlite3.Connection, where: str, key: str) -> MachineRecord | None:
    row = connection.execute(f"{_SELECT} {where}", {"key": key}).fetchone()
    return _machine(row) if row else None


def _many(connection: sqlite3.Connection, where: str, values: tuple[Column, ...]) -> list[MachineRecord]:
    return [_machine(row) for row in connection.execute(f"{_SELECT} {where}", values)]


def _machine(row: tuple[Column, ...]) -> MachineRecord:
    values = dict(zip(FIELDS, row, strict=True))
    return msgspec.convert({**values, "by_vacnet": bool(values["by_vacnet"])}, MachineRecord)
