"""What must be true of every machine in the end, however its keepers were killed: what is not, in words.

The engine keeps the truth: what ran, and how it ended. The record and all that was told is held against it,
and the record against itself: what is known by halves would pass for something else with the next reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from vacnet.agent.events import MachineEnded, MachineProved
from vacnet.record.rows import AccountingRow, MachineRecord

if TYPE_CHECKING:
    from tests.unit.machines.kills import Stage

ROUNDING_SECONDS = 1e-6
"""What a time loses on its way to another boot's clock and back."""


async def what_is_wrong(stage: Stage) -> list[str]:
    """Compare the record, and what was told, with what the engine knows."""
    floor, wrong = stage.floor, []
    rows = {row.id: row for row in await floor.record.machines(unfinished=False)}
    told = Counter(event.uuid for event in floor.told if isinstance(event, MachineEnded))
    wrong += [f"{row.id} is left unfinished" for row in rows.values() if row.state != "ended"]
    wrong += [f"{machine_id} is left in the engine" for machine_id in floor.engine.objects]
    wrong += [
        f"{machine_id} was started {n} times"
        for machine_id, n in Counter(floor.engine.starts).items()
        if n > 1
    ]
    wrong += [f"the end of {uuid} was told {n} times" for uuid, n in told.items() if n > 1]
    if not stage.record_lost:
        wrong += [
            f"{note.fields['id']} was not in the record"
            for note in floor.notes
            if note.name == "machine.adopted"
        ]
    wrong += _wrong_with_proofs(stage, rows.values())
    accounting = await floor.record.accounting(ended_from=0.0, limit=10_000)
    wrong += _wrong_with_accounting(stage, rows, accounting)
    wrong += [f"{row.id}: {what}" for row in rows.values() for what in _known_by_half(row)]
    wrong += _left_of_what_was_never_made(stage, rows)
    known = set(told) | {machine.uuid for machine in stage.restored if machine.outcome is not None}
    for machine_id in floor.engine.starts:
        row = rows.get(machine_id)
        if row is None:
            wrong.append(f"{machine_id} ran and is not in the record")
            continue
        message = f"{row.message_code} {row.message_text}"
        if message != stage.truth.get(machine_id, message):
            wrong.append(f"{machine_id} ended with {stage.truth[machine_id]!r}, the record says {message!r}")
        if row.uuid not in known:
            wrong.append(f"the end of {row.uuid} was neither told nor restored")
    return wrong


def _left_of_what_was_never_made(stage: Stage, rows: dict[str, MachineRecord]) -> list[str]:
    """Return directories that no row stands for and stood for: they hold secrets."""
    if stage.record_lost:
        return []
    homes = {home.name for home in (stage.floor.state / "machines").glob("*_*_*")}
    return [f"the directory of {home} is left, and its row is gone" for home in homes - rows.keys()]


def _wrong_with_accounting(
    stage: Stage, rows: dict[str, MachineRecord], accounting: Iterable[AccountingRow]
) -> list[str]:
    """Compare accounting with what ran; a start of which nobody ever saw anything is in none."""
    accounting = list(accounting)
    times = Counter(row.id for row in accounting)
    unseen = {row.id for row in rows.values() if row.started_wall is None and _may_be_unseen(stage, row)}
    wrong = [
        f"{machine_id} ran and is {times[machine_id]} times in accounting"
        for machine_id in set(stage.floor.engine.starts) - unseen
        if times[machine_id] != 1
    ]
    lived = {row.id: _lived(row) for row in rows.values()}
    return wrong + [
        f"{row.id} lived for {lived[row.id]} s, accounting says {row.wall_seconds} s"
        for row in accounting
        if abs(row.wall_seconds - lived.get(row.id, row.wall_seconds)) > ROUNDING_SECONDS
    ]


def _may_be_unseen(stage: Stage, row: MachineRecord) -> bool:
    return bool(row.stop_reason) or (row.id in stage.vanished and row.proved_boot is None)


def _lived(row: MachineRecord) -> float:
    return 0.0 if row.started_boot is None else (row.ended_boot or 0.0) - row.started_boot


def _waited(row: MachineRecord) -> float:
    return 0.0 if row.started_boot is None else row.started_boot - row.created_boot


def _known_by_half(row: MachineRecord) -> list[str]:
    """Return what the record has of an ended machine by one clock and not by the other, or in no order."""
    halves = {
        "its start is known by one clock alone": (row.started_boot is None) != (row.started_wall is None),
        "its end is known by one clock alone": (row.ended_boot is None) != (row.ended_wall is None),
        "it ended before it began": _lived(row) < -ROUNDING_SECONDS,
        "it began before it was made": _waited(row) < -ROUNDING_SECONDS,
        "it proved and never began": row.proved_boot is not None and row.started_boot is None,
    }
    return [what for what, wrong in halves.items() if wrong]


def untold_deadlines(stage: Stage) -> list[str]:
    """Return machines whose files do not have the deadline that they will be held to."""
    floor = stage.floor
    return [
        view.id
        for view in stage.keeper.live()
        if view.id in floor.engine.running
        and (floor.state / "machines" / view.id / "machinefeatures" / "shutdowntime").read_text()
        != str(int(view.deadline))
    ]


def _wrong_with_proofs(stage: Stage, rows: Iterable[MachineRecord]) -> list[str]:
    """Compare what was told of proofs with the files in which the machines showed them."""
    told = [event for event in stage.floor.told if isinstance(event, MachineProved)]
    times = Counter(event.uuid for event in told)
    wrong = [f"the proof of {uuid} was told {n} times" for uuid, n in times.items() if n > 1]
    known = set(times) | {machine.uuid for machine in stage.restored if machine.proved_at is not None}
    for row in rows:
        written = (stage.floor.state / "machines" / row.id / "joboutputs" / "job_started").exists()
        if written and row.uuid not in known:
            wrong.append(f"the proof of {row.uuid} was neither told nor restored")
        if written and row.proved_boot is None:
            wrong.append(f"the proof of {row.uuid} is not in the record")
    return wrong + [
        f"the proof of {event.uuid} was told after its end" for event in told if _ended_before(stage, event)
    ]


def _ended_before(stage: Stage, proved: MachineProved) -> bool:
    ends = stage.floor.ends(proved.uuid)
    return bool(ends) and stage.floor.told.index(ends[0]) < stage.floor.told.index(proved)
