"""What every machine of a factory is made and kept with, in one place.

Rules of this file: it holds things and decides nothing. `host` is replaced whole when settings change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from vacnet.agent.effects import Notify
from vacnet.agent.events import Event
from vacnet.machines.machine import Machine, Now
from vacnet.machines.retries import Retries
from vacnet.machines.surroundings import Clock, HostIdentity, Sources
from vacnet.record.record import Record
from vacnet.targets.model import Model

COMPLAINTS_MAX = 1000
"""Machines remembered for what was last complained of; more than any factory has at a time."""


@dataclass(slots=True, kw_only=True)
class Tools:
    """What every machine of a factory is made and kept with."""

    record: Record
    host: HostIdentity
    sources: Sources
    machines_directory: Path
    clock: Clock
    tell: Callable[[Event], None]
    notify: Callable[[Notify], None]
    on_step: Callable[[str], None]
    wanted: Callable[[frozenset[Model]], bool] = bool
    """Whether some target has one of these models."""
    retries: Retries = field(default_factory=Retries)
    ending: str = ""
    """Why all machines are to be ended now; empty: they are not."""
    host_deadline_at: float | None = None
    """By when all machines have to be gone; infinity: none has to, None: nothing was said of it yet."""
    started_at: float = 0.0
    """When this factory started: what happened before it was not looked at."""
    _complaints: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _serials: Iterator[int] = field(default_factory=count)

    def next_serial(self) -> int:
        """Return a number above all before it: orders looks at engines and what was done to machines."""
        return next(self._serials)

    def now(self) -> Now:
        """Return this moment on both clocks."""
        return Now(boot=self.clock.boottime(), wall=self.clock.wall())

    def note(self, name: str, machine: Machine, *, warning: bool = False, **fields: object) -> None:
        """Notify an admin of something about a machine."""
        spec = machine.spec
        known = {"machine": spec.name, "id": spec.id, "target": spec.target.name}
        self.notify(Notify(name, {**known, **fields}, warning=warning))

    def complain(self, name: str, machine: Machine, **fields: str) -> None:
        """Warn of something that goes on failing, once for each way in which it does."""
        key = name, machine.spec.id
        if self._complaints.get(key) == fields:
            return
        if len(self._complaints) >= COMPLAINTS_MAX:
            self._complaints.clear()
        self._complaints[key] = fields
        self.note(name, machine, warning=True, **fields)
