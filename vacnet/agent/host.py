"""What keeps this whole factory from starting anything: measured facts, and what it knows of itself.

Rules of this file: it turns facts and the space's liveness into a `HostState` and remembers only what
hysteresis needs. Settling: after its start, or after a stall in which it heard nothing, a factory
listens until one full sync with a live peer, or 15 s without any. Isolated: peers are configured and
none is live; for ten minutes that is more likely our own network than all of theirs, then it goes on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from vacnet.agent.events import AgentSettings, HostFacts
from vacnet.decide.reasons import Reason
from vacnet.decide.vetoes import HostState, vetoes
from vacnet.space.limits import CONFLICT_SECONDS
from vacnet.space.rows import Flags

SETTLE_SECONDS = 15.0
"""Three of the shortest beats: whoever lives and can be heard has spoken by then."""
ISOLATED_SECONDS = 600.0
"""As long as a silent factory holds its tickets: from then on nobody counts on the others."""
STALL_SECONDS = 2.0
"""Twice the wait of a claim: what was claimed meanwhile has been started."""


@dataclass(frozen=True, slots=True)
class Company:
    """Who else is there."""

    configured: bool
    """Peers are configured, or members were met, and not all of them have said goodbye."""
    live: int
    """Live factories besides this one."""
    synced_at: float | None
    """When a sync with a live peer was last complete."""


@dataclass(slots=True)
class Host:
    """This factory's view of its own fitness."""

    settings: AgentSettings
    listening_since: float
    """Start, or end of the last stall."""
    facts: HostFacts = field(default_factory=HostFacts)
    alone_since: float = 0.0
    conflict: str = ""
    conflict_at: float = -math.inf
    reasons: tuple[Reason, ...] = ()
    is_settling: bool = False
    """Whether it only listened when it was last looked at."""
    wake_at: float = math.inf

    def stalled(self, seconds: float, now: float) -> bool:
        """Note that the loop was late; True when the factory settles anew for it."""
        if seconds <= STALL_SECONDS:
            return False
        self.listening_since = now
        return True

    def in_conflict(self, words: str, now: float) -> None:
        """Note another running instance of this factory's name."""
        self.conflict, self.conflict_at = words, now

    @property
    def is_conflicted(self) -> bool:
        """Tell whether another of its name ran when it was last looked at."""
        return any(reason.rule == "host.conflict" for reason in self.reasons)

    def has_synced(self, synced_at: float | None) -> bool:
        """Tell whether a sync has been complete since it began to listen."""
        return synced_at is not None and synced_at >= self.listening_since

    def review(self, company: Company, running_processors: int, now: float) -> None:
        """Look at everything again; the vetoes are in `reasons` afterwards."""
        if company.live:
            self.alone_since = now
        self.wake_at = math.inf
        state = self._state(company, running_processors, now)
        self.reasons = vetoes(state, frozenset(reason.rule for reason in self.reasons))
        self.is_settling = bool(state.settling)

    def _state(self, company: Company, running_processors: int, now: float) -> HostState:
        facts, settings = self.facts, self.settings
        return HostState(
            draining=facts.draining,
            settings_bad=facts.settings_bad,
            deadline_passed=facts.deadline_at is not None and now >= facts.deadline_at,
            conflict=self._until(self.conflict, self.conflict_at + CONFLICT_SECONDS, now),
            settling=self._settling(company, now),
            isolated=self._isolated(company, now),
            load=facts.load,
            processors_total=settings.processors,
            processors_running=running_processors,
            overload_per_processor=settings.overload_per_processor,
            memory_free_bytes=facts.memory_free_bytes,
            memory_free_bytes_min=settings.memory_free_bytes_min,
            disk_free_bytes=facts.disk_free_bytes,
            disk_free_bytes_min=settings.disk_free_bytes_min,
        )

    def _until(self, words: str, end: float, now: float) -> str:
        """Return `words` while `end` is to come, and wake up at it."""
        if not words or now >= end:
            return ""
        self.wake_at = min(self.wake_at, end)
        return words

    def _settling(self, company: Company, now: float) -> str:
        if not company.configured or self.has_synced(company.synced_at):
            return ""
        if company.live:
            return "settling: waiting for one full sync with a live peer"
        end = self.listening_since + SETTLE_SECONDS
        return self._until("settling: listening for peers, none heard yet", end, now)

    def _isolated(self, company: Company, now: float) -> str:
        """Return that nobody is heard; who has just started and listens only settles."""
        if not company.configured or company.live or self._settling(company, now):
            return ""
        words = (
            "isolated: none of the configured peers is heard; it goes on alone 10 minutes after the last was "
            "(`vacnet peers check` asks them)"
        )
        return self._until(words, self.alone_since + ISOLATED_SECONDS, now)

    def flags(self) -> Flags:
        """Return what the factory's row says of its vetoes."""
        rules = {reason.rule for reason in self.reasons}
        flags = Flags.VETO if rules else Flags.NONE
        for rule, flag in _FLAGS.items():
            flags |= flag if rule in rules else Flags.NONE
        return flags


_FLAGS = {
    "host.draining": Flags.DRAINING,
    "host.settling": Flags.SETTLING,
    "host.isolated": Flags.ISOLATED,
    "host.conflict": Flags.CONFLICT,
}
