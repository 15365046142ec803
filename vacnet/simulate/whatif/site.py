"""A site as a what-if takes it: factories, targets, payloads, network and a time.

Rules of this file: values only. Targets are the project's own, with all their options; of factories and
payloads there is what a simulation can make something of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from vacnet.simulate.network import Weather
from vacnet.targets.model import GIB, Target

HOUR_SECONDS = 3600.0
LOCAL = Weather(delay_seconds=(0.001, 0.02))
"""A network without faults, unless the scenario says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Factories of one kind."""

    name: str
    processors: int
    count: int = 1
    memory_bytes_per_processor: int = 2 * GIB
    disk_gb_per_processor: int = 0
    """0: no limit."""
    gpus: int = 0
    processors_per_superslot: int = 1
    benchmark_per_processor: float = 1.0
    """What a processor is worth beside those of other kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """How the machines of one target behave."""

    work_seconds: float = HOUR_SECONDS
    """How long one lives that finds work: from half to one and a half of this, drawn evenly."""
    empty_seconds: float = 60.0
    """How long one lives that finds none, before it says 300."""
    job_started_seconds: float | None = None
    """How long one with work takes to write `job_started`; None: never, or 60 s if `proof` asks for it."""
    empty_hours: tuple[tuple[float, float], ...] = ()
    """When its queue is empty, in hours from the beginning; else there is work for all."""
    jobs: tuple[tuple[float, float], ...] = ()
    """At which hour how many jobs enter the queue, each for one machine; none: work without end."""
    odd_300_part: float = 0.0
    """Of machines that could have work: say 300 all the same."""
    error_part: float = 0.0
    """Of all machines: fail, with `error_code`."""
    error_code: int = 700


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that a run needs besides its seed."""

    name: str
    hosts: tuple[Hosts, ...]
    targets: tuple[Target, ...]
    payloads: Mapping[str, Payload] = field(default_factory=dict)
    """By target; who is not named behaves as `Payload` says."""
    weather: Weather = LOCAL
    seconds: float = 6 * HOUR_SECONDS

    def each(self) -> Iterator[Hosts]:
        """Yield the kind of every single factory."""
        for kind in self.hosts:
            for _ in range(kind.count):
                yield kind

    @property
    def factories(self) -> int:
        """Return how many factories there are."""
        return sum(kind.count for kind in self.hosts)

    @property
    def processors(self) -> int:
        """Return the processors of all factories."""
        return sum(kind.count * kind.processors for kind in self.hosts)

    def with_more(self, count: int) -> Site:
        """Return the site with so many more factories of the kind that it has most of."""
        most = max(self.hosts, key=lambda kind: kind.count)
        grown = replace(most, count=most.count + count)
        return replace(self, hosts=tuple(grown if kind is most else kind for kind in self.hosts))
