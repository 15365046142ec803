"""What a stopped factory left: its record, directories, processes and cgroups, and what its payloads say.

Rules of this file: it reads files and /proc and asks nobody; all machines are known by their uuid.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tools.space.member import Member
from vacnet.machines.message import read_message
from vacnet.runtimes.process import cgroups, proc


@dataclass(frozen=True, slots=True)
class Row:
    """A machine of the record."""

    uuid: str
    id: str
    target: str
    state: str
    outcome: str
    code: int
    text: str
    by_vacnet: bool
    stop_reason: str
    started: bool
    """The factory knew that it ran."""

    @property
    def message(self) -> str:
        """Return code and words as a machine would have written them."""
        return f"{self.code} {self.text}"


_ROWS = """SELECT uuid, id, target, state, outcome_kind, message_code, message_text, by_vacnet, stop_reason,
           started_wall IS NOT NULL FROM machines"""


@dataclass(frozen=True, slots=True)
class Record:
    """What a factory remembers."""

    rows: dict[str, Row]
    accounting: Counter[str]
    """By `uuid outcome code`."""
    events: Counter[str] = field(default_factory=Counter)
    """By `name id`."""


def record_of(member: Member) -> Record:
    """Read the record of a factory that does not run."""
    path = member.state / "vacnet.db"
    if not path.exists():
        return Record({}, Counter(), Counter())
    with closing(sqlite3.connect(path)) as connection:
        rows = [Row(*row) for row in connection.execute(_ROWS)]
        accounts = connection.execute("SELECT uuid, outcome_kind, message_code FROM accounting").fetchall()
        events = connection.execute("SELECT name, fields FROM events").fetchall()
    named = Counter(f"{name} {msgspec.json.decode(fields).get('id', '')}" for name, fields in events)
    return Record({row.uuid: row for row in rows}, Counter(" ".join(map(str, a)) for a in accounts), named)


def own_words(member: Member, row: Row) -> str:
    """Return what a machine wrote of its end, empty when it wrote nothing."""
    return (read_message(member.state / "machines" / row.id / "joboutputs") or b"").decode().strip()


def processes_of(member: Member) -> list[str]:
    """Return the machines of a factory that have a living process, payload or keeper, once for each."""
    marker, found = f"MACHINEFEATURES={member.state}/".encode(), []
    for one in proc.table().values():
        environment = (proc.read(f"/proc/{one.pid}/environ") or b"").split(b"\0")
        if one.alive and any(entry.startswith(marker) for entry in environment):
            words = dict(entry.partition(b"=")[::2] for entry in environment)
            found.append(words.get(b"VACNET_UUID", b"?").decode())
    return found


def left_over(member: Member) -> list[str]:
    """Return what of engine folders and cgroups is there, in words.

    A kill in the midst of forgetting may leave an engine folder whose plan is gone already: nothing
    can come of it, and it expires with the machine's directory.
    """
    machines = member.state / "machines"
    homes = sorted(machines.iterdir()) if machines.is_dir() else []
    folders = [
        f"{home.name}/{name}" for home in homes for name in ("scratch", "tmp") if (home / name).exists()
    ]
    folders += [f"{home.name}/engine" for home in homes if (home / "engine" / "plan.json").exists()]
    groups = [
        str(path)
        for folder in cgroups.folders(cgroups.trees(), member.name, member.state, "")
        for path in Path(folder).glob("*")
        if path.is_dir()
    ]
    return [*folders, *groups]


def homes_of(member: Member) -> set[str]:
    """Return the ids of machines that have a directory."""
    machines = member.state / "machines"
    return {home.name for home in machines.iterdir()} if machines.is_dir() else set()
