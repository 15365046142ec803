"""The Runtime protocol: what an engine (process, Docker, Apptainer, libvirt) does for a machine.

Rules of this file: this is all that the life of a machine knows of an engine. Every method may be
called again after a crash at any point, so every method is idempotent. An engine object belongs to
us only if it bears our labels and our factory's name; nothing else is ever touched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vacnet.machines.spec import Spec
from vacnet.targets.model import Model


class StartFailedError(Exception):
    """The engine could not start the machine: an error of this factory. The text is the engine's words."""


class NoProgramError(Exception):
    """What the machine is to run is no program, on this host or another: an error of its target."""


class NotNowError(Exception):
    """The engine or an image is not to be had now: no outcome, but a veto with a retry.

    The text says why in words for an admin.
    """


@dataclass(frozen=True, slots=True)
class Usage:
    """What a machine has used so far."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An engine object of ours as the engine shows it now."""

    machine_id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    """The engine's own name for it (container id, pid and start time, domain uuid)."""
    running: bool
    began: bool = True
    """False: it was made and never started."""
    started_wall: float | None = None
    ended_wall: float | None = None
    exit_code: int | None = None
    out_of_memory: bool = False
    memory_used_bytes: int = 0
    memory_limit_bytes: int = 0
    over_disk: bool = False
    failed: str = ""
    """Why its engine says that it failed: a virtual machine that crashed, panicked or stood still."""
    lost: str = ""
    """Why it ended when neither it nor we ended it: host rebooted, engine restarted, removed by hand."""
    usage: Usage = field(default_factory=Usage)

    @property
    def began_wall(self) -> float | None:
        """Return when it began: a loaded engine writes down the start of a short machine after its end."""
        if self.running or self.started_wall is None or self.ended_wall is None:
            return self.started_wall
        return min(self.started_wall, self.ended_wall)


class Runtime(Protocol):
    """One engine."""

    name: str
    models: frozenset[Model]

    async def probe(self) -> str:
        """Return an empty text when the engine answers, else why it does not, in words for an admin."""
        ...

    async def start(self, spec: Spec) -> str:
        """Start the machine and return the engine's reference to it.

        A second call for the same machine id returns the first one's reference and starts nothing.

        Raises:
            StartFailedError: the engine refused; nothing of the machine is left.
            NotNowError: engine or image not to be had; nothing of the machine is left.
        """
        ...

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        """End the machine and all that it started: ask, wait `grace_seconds`, then kill.

        Returns when it is gone; returns at once when there is no such machine.
        """
        ...

    async def forget(self, machine_id: str) -> None:
        """Remove what the engine keeps of an ended machine; nothing happens if there is nothing."""
        ...

    async def seen(self) -> Mapping[str, Seen]:
        """Return every object of ours, running or ended and not yet forgotten, by machine id.

        Raises:
            NotNowError: the engine does not answer: nothing may be concluded from absence.
        """
        ...

    def changes(self) -> AsyncIterator[str]:
        """Yield machine ids whose state may have changed (ended, mostly), as soon as it is known."""
        ...

    async def usage(self, machine_id: str) -> Usage:
        """Return what the machine has used so far; zeros when it cannot be told."""
        ...
