"""Toy machines: what a payload would do, as times and codes.

Rules of this file: a behaviour decides at a machine's start, and again when its trial is over, from the
virtual time and its own queue only; it never looks at an agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vacnet.outcomes import Ending, Outcome, Policy, judge


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a machine turns out to be once its trial is over."""

    code: int
    """Of its shutdown message, in the end."""
    proves: bool
    """It writes `job_started` now."""
    lives_on_seconds: float
    proves_after_seconds: float = 0.0
    """Not at once but so long after its trial; a machine that has ended by then proves nothing."""


class Behaviour(Protocol):
    """The payload of a target."""

    trial_seconds: float
    """From a machine's start until it knows whether there is work."""

    def try_work(self, factory: str, now: float) -> Verdict:
        """Return what becomes of a machine whose trial is over."""
        ...


@dataclass(slots=True)
class Queue:
    """Pull-style workers on a queue: each takes a job, or says 300."""

    jobs: list[tuple[float, int]] = field(default_factory=list)
    """When so many jobs enter the queue, seconds."""
    trial_seconds: float = 5.0
    work_seconds: float = 60.0
    taken: int = 0

    def try_work(self, factory: str, now: float) -> Verdict:  # noqa: ARG002 (all factories are alike)
        """Take a job if one is there."""
        there = sum(count for since, count in self.jobs if since <= now)
        if self.taken >= there:
            return Verdict(300, proves=False, lives_on_seconds=0.0)
        self.taken += 1
        return Verdict(200, proves=True, lives_on_seconds=self.work_seconds)


@dataclass(slots=True)
class Always:
    """Every machine ends with one code after its trial; `broken` names factories where it is another."""

    code: int
    trial_seconds: float = 2.0
    broken: Sequence[str] = ()
    broken_code: int = 500

    def try_work(self, factory: str, now: float) -> Verdict:  # noqa: ARG002 (time changes nothing)
        """Return the same every time."""
        code = self.broken_code if factory in self.broken else self.code
        return Verdict(code, proves=False, lives_on_seconds=0.0)


def outcome_of(message: str, lived_seconds: float, fizzle_seconds: float, *, stopped: str = "") -> Outcome:
    """Return the outcome of a toy machine's end, by the same table as a real one's; `stopped`: by whom."""
    ending = Ending(lived_seconds=lived_seconds, message=message.encode() or None, stopped=stopped)
    return judge(ending, Policy(fizzle_seconds=fizzle_seconds))
