"""Vetoes: why this host starts nothing now, whatever the targets.

Rules of this file: pure; one table of vetoes, each with the words an admin reads. A veto by a measured
number has hysteresis: it comes at its limit and goes only at a margin below, so that a host at its
limit does not flutter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vacnet.decide.reasons import Reason
from vacnet.quantities import size

MARGIN = 0.1
"""Part of a limit by which a number has to recede before its veto ends."""
FEW_PROCESSORS = 4
"""Vac 3: below this the load is not compared with what runs, for a few machines prove nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What the vetoes look at."""

    draining: str = ""
    settings_bad: str = ""
    deadline_passed: bool = False
    conflict: str = ""
    """Why another running instance bears this factory's name."""
    settling: str = ""
    """Why and how long the factory only listens yet."""
    isolated: str = ""
    load: float = 0.0
    processors_total: int = 1
    processors_running: int = 0
    overload_per_processor: float = 1.25
    memory_free_bytes: int = 1 << 62
    memory_free_bytes_min: int = 0
    disk_free_bytes: int = 1 << 62
    disk_free_bytes_min: int = 0


Rule = Callable[[HostState, bool], str]
"""From the host and whether the veto was already there to its words, empty for none."""


def _load(host: HostState, before: bool) -> str:  # noqa: FBT001 (the table's one signature)
    slack = 1 - MARGIN if before else 1.0
    running = host.processors_running if host.processors_running > FEW_PROCESSORS else host.processors_total
    limit = host.overload_per_processor * min(running, host.processors_total)
    if host.load <= limit * slack:
        return ""
    setting = f"overload_per_processor = {host.overload_per_processor:g}"
    return f"load {host.load:.1f} is over {limit:.1f} ([factory] {setting})"


def _least(what: str, free: int, least: int, before: bool) -> str:  # noqa: FBT001 (the same)
    if free >= least * (1 + MARGIN if before else 1.0):
        return ""
    return f"{size(free)} of {what} free, less than {size(least)}"


def _memory(host: HostState, before: bool) -> str:  # noqa: FBT001 (the same)
    return _least("memory", host.memory_free_bytes, host.memory_free_bytes_min, before)


def _disk(host: HostState, before: bool) -> str:  # noqa: FBT001 (the same)
    return _least("disk", host.disk_free_bytes, host.disk_free_bytes_min, before)


def _deadline(host: HostState, _before: bool) -> str:  # noqa: FBT001 (the same)
    return "the host's deadline has passed" if host.deadline_passed else ""


def _told(name: str) -> Rule:
    def rule(host: HostState, _before: bool) -> str:  # noqa: FBT001 (the same)
        return str(getattr(host, name))

    return rule


TABLE: tuple[tuple[str, Rule], ...] = (
    ("host.draining", _told("draining")),
    ("host.settings", _told("settings_bad")),
    ("host.conflict", _told("conflict")),
    ("host.deadline", _deadline),
    ("host.settling", _told("settling")),
    ("host.isolated", _told("isolated")),
    ("host.overload", _load),
    ("host.memory", _memory),
    ("host.disk", _disk),
)
"""Name and rule, in the order in which an admin wants to hear of them."""


def vetoes(host: HostState, before: frozenset[str]) -> tuple[Reason, ...]:
    """Return every veto in force; `before` are the names of those that were."""
    found = ((name, rule(host, name in before)) for name, rule in TABLE)
    return tuple(Reason("", name, words) for name, words in found if words)
