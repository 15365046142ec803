"""A bid: what a factory is after for one target, from its turn over its claim to the start.

Rules of this file: a bid looks at a standing and a clock and tells what should be done; it sends and
starts nothing. Its steps are

    no turn -> waiting for its rank -> ready to claim -> claimed -> ready to start

and it falls back to the beginning whenever the window, the ticket or the factory's own room is gone.
Waiting for a rank reserves nothing; a claim reserves its processors.

A timer that fires late by more than half the claim's wait proves that this factory was not listening
when a better claim may have come: it claims anew.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from random import Random

from vacnet.decide.caps import OPEN_CLAIM
from vacnet.decide.reasons import Reason
from vacnet.decide.standing import Standing
from vacnet.decide.tickets import Turn, must_yield, turn_of, wait_seconds
from vacnet.decide.windows import State
from vacnet.quantities import duration
from vacnet.space.rows import NO_CLAIM
from vacnet.targets.model import Target

NO_TURN = Turn(NO_CLAIM, 0)


class Step(enum.StrEnum):
    """Where a bid stands."""

    NO_TURN = "no turn"
    WAITING = "waiting"
    READY_TO_CLAIM = "ready to claim"
    CLAIMED = "claimed"
    READY_TO_START = "ready to start"


@dataclass(slots=True)
class Bid:
    """This factory's bid for a target's tickets."""

    target: Target
    factory: str
    step: Step = Step.NO_TURN
    identity: tuple[int, str] = (0, "")
    turn: Turn = NO_TURN
    candidates: int = 0
    since: float = 0.0
    due: float = math.inf
    """When the step changes by time alone."""
    claimed_at: float | None = None
    processors: int = 0
    """Reserved by the claim."""
    open: bool = False
    """The claim is of no ticket: the target is open and has a cap."""
    _reckoned: tuple[Standing, Turn | None] | None = None
    """The turn that was found last, and by which standing."""

    @property
    def ticket(self) -> int:
        """Return the ticket claimed, `NO_CLAIM` without a claim."""
        return self.turn.ticket if self.claimed_at is not None else NO_CLAIM

    def withdraw(self) -> None:
        """Give up claim and turn."""
        self.step, self.due = Step.NO_TURN, math.inf
        self.turn, self.claimed_at, self.processors, self.open = NO_TURN, None, 0, False

    def review(self, standing: Standing, now: float, rng: Random, *, able: bool) -> None:
        """Follow what has changed; `able`: this factory could start one now."""
        growing = standing.state in (State.PROBING, State.GROWING)
        may = growing or (standing.state is State.OPEN and self.open)
        if not able or not may or self.identity != standing.window.identity:
            self.withdraw()
            self.identity = standing.window.identity
        if able and growing:
            self._follow(standing, now, rng)
        elif self.claimed_at is not None:
            self._ripen(now)

    def _follow(self, standing: Standing, now: float, rng: Random) -> None:
        window = standing.window
        if self.claimed_at is not None:
            if must_yield(self.target.name, window, self.factory, self.turn.ticket, standing):
                self.withdraw()
            else:
                self._ripen(now)
        if self.claimed_at is None:
            self._take_turn(standing, now, rng)

    def _ripen(self, now: float) -> None:
        """Let the claim's wait pass; claim anew when its timer was late."""
        wait = self.target.claim_wait_seconds
        if now < self.due:
            return
        if now - self.due > wait / 2 and self.step is Step.CLAIMED:
            self.claimed_at, self.due = now, now + wait
        else:
            self.step = Step.READY_TO_START

    def _take_turn(self, standing: Standing, now: float, rng: Random) -> None:
        turn = self._turn(standing)
        if turn is None:
            self.withdraw()
            return
        if self.step is Step.NO_TURN or turn.ticket != self.turn.ticket:
            self.since = now
        if self.step is Step.NO_TURN or turn != self.turn:
            self.due = self.since + wait_seconds(turn.rank, rng)
        self.turn, self.candidates = turn, len(standing.candidates)
        self.step = Step.READY_TO_CLAIM if now >= self.due else Step.WAITING

    def _turn(self, standing: Standing) -> Turn | None:
        """Return the turn by this standing, which is a value: the same one gives the same turn."""
        if self._reckoned is None or self._reckoned[0] is not standing:
            self._reckoned = standing, turn_of(self.target.name, standing, self.factory)
        return self._reckoned[1]

    def claim(self, processors: int, now: float) -> None:
        """Claim the ticket of the turn; the caller tells the others."""
        self.step, self.claimed_at, self.processors = Step.CLAIMED, now, processors
        self.due = now + self.target.claim_wait_seconds

    def claim_open(self, processors: int, now: float) -> None:
        """Claim the start of a machine of an open target that has a cap."""
        self.turn, self.open = Turn(OPEN_CLAIM, 0), True
        self.claim(processors, now)

    def reason(self, standing: Standing, now: float) -> Reason:
        """Return where its ticket stands, in words."""
        name, window = self.target.name, standing.window
        if standing.state is State.BACK_OFF:
            left = max(0.0, window.ends_at() - now)
            words = f"back-off: {window.opener} opened window {window.number}, {duration(left)} left"
            return Reason(name, "window.back-off", words, {"left_seconds": round(left, 1)})
        if self.open:
            return Reason(name, "cap.claimed", "open with a limit: claims a machine, waits for better claims")
        if self.step is Step.NO_TURN:
            words = f"all {standing.available} tickets are taken; each proof lets out more"
            return Reason(name, "ticket.none-free", words, {"available": standing.available})
        words = f"ticket {self.turn.ticket}: rank {self.turn.rank + 1} of {self.candidates}, {self.step}"
        numbers = {"ticket": self.turn.ticket, "rank": self.turn.rank, "candidates": self.candidates}
        return Reason(name, f"ticket.{self.step.value.replace(' ', '-')}", words, numbers)
