"""What is known of containers beside what the engine shows: measurements, others' signals, the engine's life.

Rules of this file: it may all be lost with the factory; then ends are told with a little less. Measuring
blocks and is for a worker thread, which alone writes samples; the rest is for the loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vacnet.runtimes.docker import guard, measure
from vacnet.runtimes.docker.container import Container
from vacnet.runtimes.docker.events import Happening
from vacnet.runtimes.docker.look import engine_started
from vacnet.runtimes.docker.seen import Known, Sample, failed_by_itself

if TYPE_CHECKING:
    from vacnet.runtimes.docker.api import Api

_ENDING_SIGNALS = frozenset({"2", "3", "9", "15", "SIGINT", "SIGQUIT", "SIGKILL", "SIGTERM"})


@dataclass(slots=True)
class _Entry:
    """Of one machine."""

    cgroups: list[str] = field(default_factory=list)
    pid: int = 0
    """Whose cgroups they are."""
    sample: Sample = field(default_factory=Sample)
    oom_told: bool = False
    foreign_signal_wall: float | None = None
    full: bool | None = None
    """Its disk was, when it had failed; None: not looked at."""


class Knowledge:
    """What is known of the containers of one factory."""

    def __init__(self, machines: Path) -> None:
        """Know nothing yet; directories of machines are below `machines`."""
        self._machines = machines
        self._entries: dict[str, _Entry] = {}
        self._engine_started: float | None = None
        self._engine_asked = False

    def learning(self, take: Callable[[Api], dict[str, Container]]) -> Callable[[Api], dict[str, Container]]:
        """Return a look that also asks for the engine's start when an end is to be explained."""

        def look(api: Api) -> dict[str, Container]:
            found = take(api)
            if not self._engine_asked and any(not one.running for one in found.values()):
                self._engine_started, self._engine_asked = engine_started(api), True
            return found

        return look

    def engine_unknown(self) -> None:
        """Take in that the engine may have been started anew."""
        self._engine_asked = False

    def hear(self, happening: Happening, *, by_us: bool) -> None:
        """Take in an event of a container."""
        if happening.action == "kill" and not by_us and happening.signal in _ENDING_SIGNALS:
            self._entry(happening.machine_id).foreign_signal_wall = happening.at_wall
        if happening.action == "oom":
            self._entry(happening.machine_id).oom_told = True

    def measure(self, container: Container) -> None:
        """Read what a running container uses."""
        entry = self._entry(container.machine_id)
        if entry.pid != container.pid or not entry.cgroups:
            entry.cgroups, entry.pid = measure.cgroups_of(container.pid, container.id), container.pid
        entry.sample = measure.sample(entry.cgroups, entry.sample)

    def sample(self, machine_id: str) -> Sample:
        """Return what was measured last."""
        return self._entry(machine_id).sample

    def of_all(self, containers: Iterable[Container]) -> dict[str, Known]:
        """Return what is known of each container, by machine; looks into directories."""
        boot_wall = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        return {one.machine_id: self._of(one, boot_wall) for one in containers}

    def _of(self, container: Container, boot_wall: float) -> Known:
        entry = self._entry(container.machine_id)
        return Known(
            sample=entry.sample,
            oom_told=entry.oom_told,
            over_disk=not container.running and self._over_disk(container, entry),
            foreign_signal_wall=entry.foreign_signal_wall,
            engine_started_wall=self._engine_started,
            boot_wall=boot_wall,
        )

    def _over_disk(self, container: Container, entry: _Entry) -> bool:
        home = self._machines / container.machine_id
        if container.disk_bytes and failed_by_itself(container) and entry.full is None:
            entry.full = guard.full(container, home)
        return bool(entry.full) or guard.recorded(home)

    def _entry(self, machine_id: str) -> _Entry:
        return self._entries.setdefault(machine_id, _Entry())

    def drop(self, machine_id: str) -> None:
        """Forget a machine."""
        self._entries.pop(machine_id, None)
