"""A machine as it is shown to people and programs: a frozen copy.

Rules of this file: values for reading, field for field what `factory.messages.machines.MachineState` sends.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.machines.machine import Machine, Now
from vacnet.machines.rows import outcome_of
from vacnet.record.rows import MachineRecord
from vacnet.targets.model import KIND_OF_MODEL

HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineView:
    """A machine of this factory; times are Unix seconds."""

    name: str
    id: str
    uuid: str
    factory: str
    target: str
    state: str
    processors: int
    memory_bytes: int
    kind: str
    created: float
    started: float | None
    ended: float | None
    hours: float
    """Since its start; 0 before."""
    cpu_seconds: float
    cpu_efficiency: float | None
    cpu_efficiency_recent: float | None
    deadline: float
    proven: bool
    """By a file of its own; proofs by age are the agent's."""
    ticket: int
    outcome: str = ""
    message: str = ""
    by_vacnet: bool = False
    directory: str


def view_of(machine: Machine, now: Now) -> MachineView:
    """Show a machine that has not ended; what is said of its end is why it is being stopped."""
    spec, target = machine.spec, machine.spec.target
    lived = 0.0 if machine.started_at is None else max(0.0, now.boot - machine.started_at)
    return MachineView(
        name=spec.name,
        id=spec.id,
        uuid=spec.uuid,
        factory=spec.factory,
        target=target.name,
        state=machine.state,
        processors=spec.processors,
        memory_bytes=spec.memory_bytes,
        kind=KIND_OF_MODEL[target.machine_model],
        created=float(spec.created_wall),
        started=machine.started_wall,
        ended=None,
        hours=lived / HOUR_SECONDS,
        cpu_seconds=machine.meter.cpu_seconds,
        cpu_efficiency=machine.meter.efficiency(lived, spec.processors),
        cpu_efficiency_recent=machine.meter.efficiency_recent(spec.processors),
        deadline=float(spec.deadline_wall),
        proven=machine.proved_at is not None,
        ticket=spec.ticket_number,
        message=machine.stop_reason,
        by_vacnet=bool(machine.stop_reason),
        directory=str(spec.directory),
    )


def view_of_ended(row: MachineRecord, factory: str, directory: str) -> MachineView:
    """Show a machine that has ended, from the record."""
    lived = 0.0 if row.started_wall is None else max(0.0, (row.ended_wall or 0.0) - row.started_wall)
    outcome = outcome_of(row)
    return MachineView(
        name=row.name,
        id=row.id,
        uuid=row.uuid,
        factory=factory,
        target=row.target,
        state=row.state,
        processors=row.processors,
        memory_bytes=row.memory_bytes,
        kind=row.kind,
        created=row.created_wall,
        started=row.started_wall,
        ended=row.ended_wall,
        hours=lived / HOUR_SECONDS,
        cpu_seconds=row.cpu_seconds,
        cpu_efficiency=row.cpu_seconds / lived / row.processors if lived else None,
        cpu_efficiency_recent=None,
        deadline=row.deadline_wall,
        proven=row.proved_boot is not None or outcome.proves,
        ticket=row.ticket_number,
        outcome=outcome.kind,
        message=str(outcome.message),
        by_vacnet=row.by_vacnet,
        directory=directory,
    )
