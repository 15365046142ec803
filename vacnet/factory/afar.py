"""Machines of another factory as this host's commands show them: what travelled, on this host's clock.

Rules of this file: pure. What does not travel (the directory on that host) stays empty, and a deadline that
is over is told as now.
"""

from __future__ import annotations

from vacnet.factory.messages.machines import MachineState
from vacnet.space.items import MachineItem

HOUR_SECONDS = 3600.0


def machine_state(item: MachineItem, factory: str, ago: float, now: float) -> MachineState:
    """Return a machine of a factory that was asked.

    Args:
        item: as it was told, its times on the clock of whoever asked.
        factory: whose it is.
        ago: Unix time minus that clock, in seconds.
        now: Unix seconds.
    """
    started, ended = (None if at is None else at + ago for at in (item.started_at, item.ended_at))
    lived = 0.0 if started is None else max(0.0, (ended or now) - started)
    return MachineState(
        name=item.name,
        id=item.id,
        uuid=item.uuid,
        factory=factory,
        target=item.target,
        state=item.state,
        processors=item.processors,
        memory_bytes=item.memory_bytes,
        kind=item.kind,
        created=item.created_at + ago,
        started=started,
        ended=ended,
        hours=lived / HOUR_SECONDS,
        cpu_seconds=item.cpu_seconds,
        cpu_efficiency=item.efficiency,
        cpu_efficiency_recent=item.efficiency_recent,
        deadline=now if item.deadline_at is None else item.deadline_at + ago,
        proven=item.proven,
        ticket=item.ticket,
        outcome=item.outcome,
        message=item.message,
        by_vacnet=item.by_vacnet,
        directory="",
    )
