"""What an agent is told of its past when it starts: all of it comes from the record.

Rules of this file: values only; times are already on the clock of this boot. After a reboot the shell
takes a window's age from wall time, clamped to 0..length.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vacnet.agent.effects import Member, Ticket
from vacnet.decide.blackholes import Suspicion
from vacnet.outcomes import Outcome
from vacnet.space.hold import Hold
from vacnet.space.window import Window
from vacnet.targets.model import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredMachine:
    """A machine made before this start: unfinished, or ended under a window that is still the newest."""

    uuid: str
    target: str
    processors: int
    created_at: float
    started_at: float | None
    proved_at: float | None
    ticket: Ticket
    ended_at: float | None = None
    outcome: Outcome | None = None
    deadline_at: float = math.inf
    """When an unfinished one is to be gone; infinity where nobody knows any more."""
    over: bool = False
    """Its engine shows the end of an unfinished one: until that is told its age says nothing."""
    definition: Target | None = None
    """Its target as it was when an unfinished one was made; None: nobody knows any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The past of a factory; the default is a factory that starts for the first time."""

    epoch: int
    """Already raised for this start and durable."""
    instance: bytes
    """8 random bytes of this start."""
    machines: tuple[RestoredMachine, ...] = ()
    windows: Mapping[str, Window] = field(default_factory=lambda: MappingProxyType({}))
    suspicions: Mapping[str, Suspicion] = field(default_factory=lambda: MappingProxyType({}))
    holds: Mapping[str, Hold] = field(default_factory=lambda: MappingProxyType({}))
    members: tuple[Member, ...] = ()
