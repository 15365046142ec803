"""What the factories of a storm work on: agents on a target without work and on a queue that is filled twice.

Rules of this file: settings and payloads only. Talkers have targets too, of which they only talk: few or
many, with names short or long, so that tables take one datagram or several.
"""

from __future__ import annotations

from random import Random

from vacnet.simulate.toys import Always, Behaviour, Queue
from vacnet.targets.model import Proof, Target

BACK_OFF_SECONDS = 20
JOBS = 20
"""Each time the queue is filled."""


def _target(name: str) -> Target:
    return Target(
        name=name,
        target_share=1.0,
        backoff_seconds=BACK_OFF_SECONDS,
        backoff_max_seconds=2 * BACK_OFF_SECONDS,
        fizzle_seconds=30,
        proof=Proof.JOB_STARTED,
    )


TARGETS = (_target("idle"), _target("queue"))


def behaviours() -> dict[str, Behaviour]:
    """Return fresh payloads."""
    jobs = [(0.0, JOBS), (300.0, JOBS)]
    return {"idle": Always(300), "queue": Queue(jobs=jobs, work_seconds=30)}


def mere_names(rng: Random) -> tuple[Target, ...]:
    """Return the targets of talkers."""
    count, length = rng.choice((1, 5, 10, 25)), rng.choice((8, 63))
    return tuple(Target(name=f"target{number}".ljust(length, "x")) for number in range(count))
