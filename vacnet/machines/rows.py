"""Machines to rows of the record and back.

Rules of this file: pure. The record has all times of a machine by the clock of the boot in which it was made,
so lives are as long as they were, whatever becomes of the wall clock. Under another boot that clock is set
beside this one's by way of the machine's creation in wall time; what lay before this boot is negative.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vacnet.agent.effects import Ticket
from vacnet.agent.restored import RestoredMachine
from vacnet.machines.heartbeat import STOP_REASONS
from vacnet.machines.lifecycle import State
from vacnet.machines.machine import Machine, Now
from vacnet.machines.meter import Meter
from vacnet.machines.spec import Spec
from vacnet.machines.stored import decode_spec, encode_spec
from vacnet.machines.surroundings import HostIdentity
from vacnet.outcomes import Blame, Kind, Message, Outcome
from vacnet.record.rows import Column, Finish, MachineRecord
from vacnet.targets.model import KIND_OF_MODEL, Model, Target

STOPPED_CODE = 100
"""What is written for a machine that we or a foreign hand ended; see the table of `outcomes`."""


def row_of(machine: Machine, host: HostIdentity) -> MachineRecord:
    """Return the row of a machine that is about to be created."""
    spec, target = machine.spec, machine.spec.target
    return MachineRecord(
        id=spec.id,
        uuid=spec.uuid,
        name=spec.name,
        number=spec.number,
        target=target.name,
        model=target.machine_model,
        kind=KIND_OF_MODEL[target.machine_model],
        processors=spec.processors,
        memory_bytes=spec.memory_bytes,
        disk_bytes=spec.disk_bytes,
        accounting_fqan=target.accounting_fqan,
        benchmark_name=host.benchmark_name,
        benchmark_per_processor=host.benchmark_per_processor,
        created_wall=float(spec.created_wall),
        created_boot=machine.created_at,
        boot_id=host.boot_id,
        deadline_boot=spec.deadline_at,
        deadline_wall=float(spec.deadline_wall),
        ticket_number=spec.ticket_number,
        window_number=spec.window_number,
        window_opener=spec.window_opener,
        spec=encode_spec(spec),
    )


def columns_of(machine: Machine) -> dict[str, Column]:
    """Return all columns that hold times of a machine's life: they are only ever written together.

    What is known by one clock alone would pass for unknown: a start for none, a deadline for the one before.
    """
    return {
        "started_boot": _kept(machine, machine.started_at),
        "started_wall": machine.started_wall,
        "proved_boot": _kept(machine, machine.proved_at),
        "deadline_boot": _kept(machine, machine.spec.deadline_at),
        "deadline_wall": float(machine.spec.deadline_wall),
    }


def finish_of(machine: Machine, outcome: Outcome, now: Now) -> Finish:
    """Return what the record is told of an end."""
    return Finish(
        ended_wall=now.wall if machine.ended_at is None else now.wall_at(machine.ended_at),
        outcome_kind=outcome.kind,
        outcome_blame=outcome.blame,
        message_code=outcome.message.code,
        message_text=outcome.message.text,
        by_vacnet=outcome.by_vacnet,
        cpu_seconds=machine.meter.cpu_seconds,
        memory_peak_bytes=machine.meter.memory_peak_bytes,
        exit_code=machine.seen.exit_code if machine.seen else None,
        started_wall=machine.started_wall,
        started_boot=_kept(machine, machine.started_at),
        ended_boot=_kept(machine, machine.ended_at),
        wall_seconds=machine.lived_seconds,
        made=not machine.not_made,
    )


def machine_of(row: MachineRecord, directory: Path, host: HostIdentity, now: Now) -> Machine:
    """Return an unfinished machine of the record as the keeper goes on with it."""
    same_boot, ahead = row.boot_id == host.boot_id, _ahead(row, host, now)
    deadline_at = row.deadline_boot if same_boot else now.at(row.deadline_wall)
    spec = decode_spec(row.spec) or _spec_of(row, host)
    return Machine(
        spec=replace(
            spec, directory=directory, deadline_at=deadline_at, deadline_wall=int(row.deadline_wall)
        ),
        state=State(row.state),
        own_deadline_at=spec.deadline_at if same_boot else now.at(spec.deadline_wall),
        earlier_boot=row.created_boot - ahead < 0.0 or not same_boot,
        clock_ahead=ahead,
        restored=True,
        created_at=row.created_boot - ahead,
        reference=row.reference,
        started_at=_less(row.started_boot, ahead),
        started_wall=row.started_wall,
        proved_at=_less(row.proved_boot, ahead),
        stop_reason=row.stop_reason,
        meter=Meter(row.cpu_seconds, row.memory_peak_bytes),
    )


def restored_of(machine: Machine) -> RestoredMachine:
    """Return an unfinished machine as the agent is told of it at its start."""
    spec = machine.spec
    return RestoredMachine(
        uuid=spec.uuid,
        target=spec.target.name,
        processors=spec.processors,
        created_at=machine.created_at,
        started_at=machine.started_at,
        proved_at=machine.proved_at,
        ticket=Ticket(spec.window_number, spec.window_opener, spec.ticket_number),
        deadline_at=spec.deadline_at,
        over=machine.over,
        definition=spec.target,
    )


def restored_end_of(row: MachineRecord, host: HostIdentity, now: Now) -> RestoredMachine:
    """Return an ended machine as the agent is told of it at its start."""
    ahead = _ahead(row, host, now)
    return RestoredMachine(
        uuid=row.uuid,
        target=row.target,
        processors=row.processors,
        created_at=row.created_boot - ahead,
        started_at=_less(row.started_boot, ahead),
        proved_at=_less(row.proved_boot, ahead),
        ticket=Ticket(row.window_number, row.window_opener, row.ticket_number),
        ended_at=_ended_at(row, ahead, now),
        outcome=outcome_of(row),
    )


def outcome_of(row: MachineRecord) -> Outcome:
    """Return the outcome that a row of an ended machine holds."""
    foreign = row.by_vacnet and row.outcome_kind == Kind.NEUTRAL and row.message_code == STOPPED_CODE
    return Outcome(
        Kind(row.outcome_kind),
        Blame(row.outcome_blame),
        Message(row.message_code, row.message_text),
        by_vacnet=row.by_vacnet,
        stopped=foreign or (bool(row.stop_reason) and row.stop_reason not in STOP_REASONS),
    )


def _ahead(row: MachineRecord, host: HostIdentity, now: Now) -> float:
    """Return what the clock of the row's boot shows more than this one's, told by the machine's creation.

    All that is known of that boot was before this one, also if the wall clock was set back since.
    """
    if row.boot_id == host.boot_id:
        return 0.0
    known = (row.created_boot, row.started_boot, row.proved_boot, row.ended_boot)
    return max(row.created_boot - now.at(row.created_wall), *(at for at in known if at is not None))


def _ended_at(row: MachineRecord, ahead: float, now: Now) -> float:
    """Return when an ended machine ended; a record of a version before 4 has that in wall time alone."""
    if row.ended_boot is not None:
        return row.ended_boot - ahead
    return now.boot if row.ended_wall is None else min(now.boot, now.at(row.ended_wall))


def _less(at: float | None, ahead: float) -> float | None:
    return None if at is None else at - ahead


def _kept(machine: Machine, at: float | None) -> float | None:
    """Return a time as the record has it: by the clock of the boot in which the machine was made."""
    return _less(at, -machine.clock_ahead)


def _spec_of(row: MachineRecord, host: HostIdentity) -> Spec:
    """Return what the columns alone say, of a machine whose stored spec cannot be read."""
    return Spec(
        id=row.id,
        uuid=row.uuid,
        name=row.name,
        number=row.number,
        factory=host.factory,
        space=host.space,
        target=Target(name=row.target, machine_model=Model(row.model), accounting_fqan=row.accounting_fqan),
        processors=row.processors,
        memory_bytes=row.memory_bytes,
        disk_bytes=row.disk_bytes,
        directory=Path(),
        created_wall=int(row.created_wall),
        deadline_at=row.deadline_boot,
        deadline_wall=int(row.deadline_wall),
        ticket_number=row.ticket_number,
        window_number=row.window_number,
        window_opener=row.window_opener,
    )
