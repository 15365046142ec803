"""A machine of this factory as its agent remembers it.

Rules of this file: what a machine means for windows is derived here from what happened to it, and
nowhere else: whether it still holds its ticket, whether its nowork counts, whether it is unproven.

A machine proves by a file, by its own 2xx message, or by age; a proof by age is taken back when the
machine says 300 before `TAKE_BACK` times its target's `fizzle_seconds`, for then it was only waiting.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from vacnet.agent.effects import Ticket
from vacnet.outcomes import Blame, Kind, Outcome

TAKE_BACK = 6
"""Times fizzle_seconds within which a nowork takes a proof by age back (DESIGN section 5)."""


class Fate(enum.StrEnum):
    """How a machine ended, in what matters to windows."""

    OK = "ok"
    NOWORK = "nowork"
    """Found no work, or failed by its target's fault before it proved."""
    LOCAL_ERROR = "local error"
    SILENT = "ended without a word"
    """Neutral, before proof and young, and not by our hand."""
    NEUTRAL = "neutral"


@dataclass(slots=True)
class OwnMachine:
    """One machine, unfinished or ended under the window at hand; times on the monotonic clock."""

    uuid: str
    target: str
    processors: int
    ticket: Ticket
    created_at: float
    started_at: float | None = None
    proved_at: float | None = None
    proved_by_age: bool = False
    ended_at: float | None = None
    fate: Fate | None = None
    over: bool = False
    """It has ended while no factory ran, and its end is not told yet."""
    deadline_at: float = math.inf
    """When it is to be gone; infinity where nobody knows any more."""

    @property
    def unfinished(self) -> bool:
        """Tell whether it still takes room."""
        return self.ended_at is None

    @property
    def running(self) -> bool:
        """Tell whether the engine has said that it runs."""
        return self.started_at is not None and self.ended_at is None

    def under(self, identity: tuple[int, str]) -> bool:
        """Tell whether it was started on a ticket of that window."""
        return self.ticket.number >= 0 and (self.ticket.window_number, self.ticket.window_opener) == identity

    def overdue(self, proof_seconds: float, now: float) -> bool:
        """Tell whether it runs without a verdict for longer than a proof may take."""
        return self.unfinished and self.proved_at is None and now - self.created_at >= proof_seconds

    def holds(self, proof_seconds: float, now: float) -> bool:
        """Tell whether its ticket's bit is set.

        It is while it runs without being overdue, for ever once it has proved or found no work, and
        not after an end that said nothing or was this factory's fault.
        """
        if self.proved_at is not None or self.fate is Fate.NOWORK:
            return True
        return self.unfinished and not self.overdue(proof_seconds, now)

    def unproven(self, proof_seconds: float, now: float) -> bool:
        """Tell whether a verdict of it is still awaited."""
        return self.unfinished and self.proved_at is None and not self.overdue(proof_seconds, now)


def fate_of(machine: OwnMachine, outcome: Outcome, lived_seconds: float, fizzle_seconds: float) -> Fate:
    """Return what an end means, given what the machine had proved before."""
    if outcome.kind is Kind.OK:
        return Fate.OK
    if outcome.kind is Kind.ERROR and outcome.blame is Blame.FACTORY:
        return Fate.LOCAL_ERROR
    if outcome.kind is Kind.NEUTRAL:
        young = lived_seconds < fizzle_seconds
        quiet = young and machine.proved_at is None and not outcome.stopped
        return Fate.SILENT if quiet else Fate.NEUTRAL
    if machine.proved_at is None or _taken_back(machine, outcome, lived_seconds, fizzle_seconds):
        return Fate.NOWORK
    return Fate.NEUTRAL


def _taken_back(machine: OwnMachine, outcome: Outcome, lived: float, fizzle: float) -> bool:
    return outcome.kind is Kind.NOWORK and machine.proved_by_age and lived < TAKE_BACK * fizzle
