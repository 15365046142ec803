"""Payloads of a site: what a machine turns out to be, by its target's numbers and the time.

Rules of this file: what is drawn comes from a generator of the target's own, so that one target's luck
does not hang on how many machines another had.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from vacnet.simulate.payloads import DONE, EMPTY
from vacnet.simulate.toys import Behaviour, Verdict
from vacnet.simulate.whatif.site import HOUR_SECONDS, Payload, Site
from vacnet.targets.model import Proof, Target

LOOK_SECONDS = 5.0
"""From a machine's start until it has asked its queue."""
SIGN_SECONDS = 60.0
"""After which it writes `job_started`, or its first heartbeat, unless the payload says otherwise."""
DEADLINE = 100
"""How one ends whose work takes longer than its target lets it live."""


@dataclass(slots=True)
class Planned:
    """The machines of one target."""

    target: Target
    payload: Payload
    rng: Random
    trial_seconds: float = LOOK_SECONDS
    taken: int = 0
    """Jobs."""

    def try_work(self, factory: str, now: float) -> Verdict:  # noqa: ARG002 (all factories are alike)
        """Return what a machine turns out to be that asks its queue now."""
        fate, life = self.rng.random(), self.rng.uniform(0.5, 1.5)
        if fate < self.payload.error_part:
            return Verdict(self.payload.error_code, proves=False, lives_on_seconds=0.0)
        if self._odd(fate) or not self._take(now):
            return self._verdict(EMPTY, self.payload.empty_seconds, self._beats_at())
        life = min(life * self.payload.work_seconds, self.target.max_wallclock_seconds - LOOK_SECONDS)
        in_time = life < self.target.max_wallclock_seconds - LOOK_SECONDS
        return self._verdict(DONE if in_time else DEADLINE, life, self._proves_at())

    def _odd(self, fate: float) -> bool:
        rest = 1.0 - self.payload.error_part
        return fate - self.payload.error_part < rest * self.payload.odd_300_part

    def _take(self, now: float) -> bool:
        """Take a job if there is one."""
        payload, hour = self.payload, now / HOUR_SECONDS
        if any(since <= hour < until for since, until in payload.empty_hours):
            return False
        entered = sum(count for at, count in payload.jobs if at <= hour)
        if payload.jobs and self.taken >= entered:
            return False
        self.taken += 1
        return True

    def _beats_at(self) -> float | None:
        """Return when one without work proves itself all the same: its heartbeat does not know better."""
        return SIGN_SECONDS if self.target.proof is Proof.HEARTBEAT else None

    def _proves_at(self) -> float | None:
        said = self.payload.job_started_seconds
        return SIGN_SECONDS if said is None and self.target.proof is not Proof.FIZZLE else said

    def _verdict(self, code: int, life: float, proves_at: float | None) -> Verdict:
        at = proves_at or 0.0
        return Verdict(code, proves=proves_at is not None, lives_on_seconds=life, proves_after_seconds=at)


def behaviours(site: Site, seed: int) -> dict[str, Behaviour]:
    """Return fresh payloads of all targets."""
    return {
        target.name: Planned(
            target, site.payloads.get(target.name, Payload()), Random(f"{seed} {target.name}")
        )
        for target in site.targets
    }
