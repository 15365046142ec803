"""How a factory is, in one line: `vacnet health`, a plugin as Nagios, Icinga and their kin call it.

Rules of this file: pure. One table says how bad each condition is unless the admin says otherwise; numbers
have thresholds. The worst comes first, and the line says what to do as far as the factory knows it. What
could be taken for the end of the words (`|`, a line's end) is replaced.

Source: the Monitoring Plugins Development Guidelines, sections "Plugin Output for Nagios", "Plugin Return
Codes" and "Performance data" (`'label'=value[unit];[warn];[crit];[min];[max]`; a threshold `N:` alerts below
N, `N` above it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vacnet import quantities
from vacnet.console import words
from vacnet.console.health_conditions import Status, severities
from vacnet.factory.client import Health, HealthNumbers

NAMES_SHOWN = 3
"""Of silent peers; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a number is a warning and when critical; None: never."""

    warning: float | None
    critical: float | None
    below: bool = False
    """It is bad to have less; else to have more or as much."""

    def status(self, value: float) -> Status:
        """Return how bad a value is."""
        return next((s for s, limit in self._worst_first() if self._is_past(value, limit)), Status.OK)

    def _worst_first(self) -> tuple[tuple[Status, float | None], ...]:
        return ((Status.CRITICAL, self.critical), (Status.WARNING, self.warning))

    def _is_past(self, value: float, limit: float | None) -> bool:
        return limit is not None and (value < limit if self.below else value >= limit)

    def ranges(self, scale: float = 1.0) -> str:
        """Return both as performance data has them, each a multiple of `scale`."""
        return ";".join(self._range(limit, scale) for limit in (self.warning, self.critical))

    def _range(self, limit: float | None, scale: float) -> str:
        if limit is None:
            return ""
        return f"{limit * scale:.0f}:" if self.below else f"{limit * scale - 1:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What the admin thinks bad."""

    silent: Limits = Limits(1, None)
    """Peers that were heard and are not, and those never heard."""
    dropped: Limits = Limits(1, None)
    """Datagrams in the last hour."""
    disk_free: Limits = Limits(10, 5, below=True)
    """Percent of the state directory's disk."""
    severities: Mapping[str, Status] = field(default_factory=severities)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is the matter."""

    status: Status
    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a monitor is told."""

    status: Status
    findings: tuple[Finding, ...]
    """The worst first."""
    summary: str
    """When nothing is the matter, and behind what is."""
    performance: str


def judge(health: Health, thresholds: Thresholds) -> Verdict:
    """Return the verdict about a factory that answered."""
    found = [*_conditions(health, thresholds), *_counted(health.numbers, thresholds)]
    findings = tuple(sorted(found, key=lambda finding: -finding.status))
    return Verdict(
        status=max((finding.status for finding in findings), default=Status.OK),
        findings=findings,
        summary=_summary(health),
        performance=_performance(health, thresholds),
    )


def unanswered(status: Status, why: str) -> Verdict:
    """Return the verdict about a factory that does not answer, or cannot be asked."""
    return Verdict(status=status, findings=(Finding(status, "", why),), summary="", performance="")


def line(verdict: Verdict) -> str:
    """Return the one line of the plugin."""
    told = "; ".join(filter(None, (*(_told(finding) for finding in verdict.findings), verdict.summary)))
    behind = f" | {verdict.performance}" if verdict.performance else ""
    return f"VACNET {verdict.status.name}: {words.clean(told).replace('|', '/')}{behind}"


def _told(finding: Finding) -> str:
    """Return the words of a finding, behind its name where they do not have it."""
    return finding.words if finding.name in finding.words else f"{finding.name}: {finding.words}"


def _conditions(health: Health, thresholds: Thresholds) -> Iterator[Finding]:
    restricted = health.words.removesuffix(health.trouble).removesuffix("; ")
    own = (("restricted", restricted), ("record", health.trouble))
    told = (*own, *((condition.name, condition.words) for condition in health.conditions))
    for name, why in told:
        if why:
            yield Finding(thresholds.severities.get(name, Status.WARNING), name, why)


def _counted(numbers: HealthNumbers | None, thresholds: Thresholds) -> Iterator[Finding]:
    if numbers is None:
        return
    quiet = (*numbers.peers_silent, *numbers.peers_unheard)
    told = (
        ("silent", thresholds.silent.status(len(quiet)), _quiet(numbers)),
        ("dropped", thresholds.dropped.status(numbers.dropped_last_hour), _dropped(numbers)),
        ("disk-free", thresholds.disk_free.status(_free_percent(numbers)), _free(numbers)),
    )
    yield from (Finding(status, name, why) for name, status, why in told if status is not Status.OK)


def _quiet(numbers: HealthNumbers) -> str:
    kinds = ((numbers.peers_silent, "silent"), (numbers.peers_unheard, "never heard"))
    told = (
        f"{quantities.plural(len(names), 'peer')} {how}: {_named(names)}" for names, how in kinds if names
    )
    return f"{', '.join(told)}; `vacnet peers check`"


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _dropped(numbers: HealthNumbers) -> str:
    lost = quantities.plural(numbers.dropped_last_hour, "datagram")
    return f"the kernel dropped {lost} in the last hour; `vacnet events gossip.dropped`"


def _free(numbers: HealthNumbers) -> str:
    free = quantities.size(numbers.disk_free_bytes)
    return f"{free} ({_free_percent(numbers):.0f}%) of the state directory's disk free: make room"


def _free_percent(numbers: HealthNumbers) -> float:
    return 100 * numbers.disk_free_bytes / numbers.disk_total_bytes if numbers.disk_total_bytes else 100.0


def _summary(health: Health) -> str:
    numbers = health.numbers
    if numbers is None:
        return f"{health.factory} answers"
    peers = numbers.peers_live + len(numbers.peers_silent) + len(numbers.peers_unheard)
    return (
        f"{health.factory}: {quantities.plural(numbers.machines_running, 'machine')} running, "
        f"{numbers.peers_live} of {quantities.plural(peers, 'peer')} live, "
        f"up {quantities.duration(health.up_seconds)}"
    )


def _performance(health: Health, thresholds: Thresholds) -> str:
    numbers = health.numbers
    if numbers is None:
        return f"up={health.up_seconds:.0f}s"
    quiet = len(numbers.peers_silent) + len(numbers.peers_unheard)
    total = numbers.disk_total_bytes
    peers = numbers.peers_live + quiet
    data = {
        "machines": f"{numbers.machines_running};;;0;{numbers.processors_total}",
        "starting": f"{numbers.machines_starting};;;0",
        "processors_free": f"{numbers.processors_free};;;0;{numbers.processors_total}",
        "peers_live": f"{numbers.peers_live};;;0;{peers}",
        "peers_silent": f"{quiet};{thresholds.silent.ranges()};0;{peers}",
        "dropped": f"{numbers.dropped_last_hour};{thresholds.dropped.ranges()};0",
        "disk_free": f"{numbers.disk_free_bytes}B;{thresholds.disk_free.ranges(total / 100)};0;{total}",
        "up": f"{health.up_seconds:.0f}s",
    }
    return " ".join(f"{label}={value}" for label, value in data.items())
