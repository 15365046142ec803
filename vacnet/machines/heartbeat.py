"""Heartbeats: a machine whose heartbeat file is missing or stale is ended.

Rules of this file: pure. Only time in which the factory looked counts against a machine: after a
restart, a suspended host or a stalled loop every machine has its full patience again, so that a
fault of ours ends nobody. Staleness is told by the file's time stamp *changing*, not by its value: a
machine sets the stamp itself, and neither its clock nor a step of ours may matter.

Source: Vac 3's rules. A target without `heartbeat_file` or with `fizzle_seconds` 0 has none; nothing is
missed before start + `fizzle_seconds` nor before our own start + `fizzle_seconds`; `heartbeat_seconds` 0 asks
for the file's existence only.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.targets.model import Target

NOT_CREATED = "not created"
NOT_UPDATED = "not updated"

STOP_REASONS = {f"heartbeat file {what}": what for what in (NOT_CREATED, NOT_UPDATED)}
"""The stop reasons that mean a missed heartbeat, and what `outcomes.Ending.heartbeat` says then."""

_LOOK_SECONDS_MAX = 5.0
"""The longest time between two looks that counts: five of the keeper's usual ones."""


@dataclass(slots=True)
class Heartbeat:
    """What was seen of one machine's heartbeat file."""

    stamp: int | None = None
    """The file's time stamp (nanoseconds), None when there is no file."""
    silent_seconds: float = 0.0
    """Looked-at time since the stamp last changed, or since we began to look."""
    looked_at: float | None = None

    def look(self, stamp: int | None, now: float) -> None:
        """Take in what `stat` says of the file now."""
        elapsed = 0.0 if self.looked_at is None else now - self.looked_at
        self.looked_at = now
        self.silent_seconds += min(max(elapsed, 0.0), _LOOK_SECONDS_MAX)
        if stamp != self.stamp:
            self.stamp, self.silent_seconds = stamp, 0.0

    def missed(self, target: Target, started_at: float, factory_started_at: float, now: float) -> str:
        """Return `NOT_CREATED`, `NOT_UPDATED`, or nothing when all is well."""
        if not target.heartbeat_file or target.fizzle_seconds <= 0:
            return ""
        if now < max(started_at, factory_started_at) + target.fizzle_seconds:
            return ""
        if self.stamp is None:
            return NOT_CREATED if self.silent_seconds >= _patience(target) else ""
        stale = 0 < target.heartbeat_seconds < self.silent_seconds
        return NOT_UPDATED if stale else ""


def _patience(target: Target) -> float:
    """Return how long a missing file must have been looked for: a suspended host looked at nothing."""
    return min(target.fizzle_seconds, target.heartbeat_seconds or target.fizzle_seconds)
