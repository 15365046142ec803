"""Payloads of any course: what a machine turns out to be is a function of its factory and of the time.

Rules of this file: the function draws from its own generator, so that a run is a pure function of its
seed; `Always` and `Queue` of `toys` are the plain cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from vacnet.simulate.toys import Verdict

EMPTY = 300
"""A machine's word for: there is no work."""
DONE = 200

Course = Callable[[str, float, Random], Verdict]
"""From a factory's name, the time and a generator to what a machine of it turns out to be."""


@dataclass(slots=True)
class Scripted:
    """The payload of a target, by a function."""

    course: Course
    trial_seconds: float = 5.0
    rng: Random = field(default_factory=lambda: Random(1))
    tried: int = 0

    def try_work(self, factory: str, now: float) -> Verdict:
        """Return what the function says."""
        self.tried += 1
        return self.course(factory, now, self.rng)


@dataclass(slots=True)
class Shifts:
    """A queue that has work for ever or none at all, by the time: jobs of about one length.

    A machine that comes while there is none says 300 after `empty_seconds`; one that finds work proves
    after `proof_seconds` and ends 200. Both are counted from the end of the trial, which takes no time.
    """

    has_work: Callable[[float], bool]
    proof_seconds: float
    empty_seconds: float
    work_seconds: float
    trial_seconds: float = 0.0
    rng: Random = field(default_factory=lambda: Random(1))

    def try_work(self, factory: str, now: float) -> Verdict:  # noqa: ARG002 (all factories are alike)
        """Take a job if there are any; jobs last from half to one and a half of `work_seconds`."""
        if not self.has_work(now):
            return Verdict(EMPTY, proves=False, lives_on_seconds=self.empty_seconds)
        seconds = self.work_seconds * self.rng.uniform(0.5, 1.5)
        return Verdict(DONE, proves=True, lives_on_seconds=seconds, proves_after_seconds=self.proof_seconds)
