"""Keeping room: this factory's reservation for one large target, from its patience to the machine.

Rules of this file: it looks at what the space allows and at a clock; it starts nothing and tells nobody.

    nothing -> starved, for a minute -> waits for those with earlier room -> keeps room -> the machine

and it falls back to nothing whenever the target is not lacking any more, or cannot be made here for any
reason but room. Room that was kept in vain for its whole time is given up for a while.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from vacnet.decide.reservations import PATIENCE_SECONDS, REST_SECONDS, keep_seconds, stays, wait_seconds
from vacnet.space.window import Window
from vacnet.targets.model import Target


@dataclass(frozen=True, slots=True)
class Call:
    """What the space says of room for a target."""

    window: Window
    allowed: int
    """Factories that may keep room for it."""
    holders: tuple[str, ...]
    """Others that do."""
    able: bool
    """Some factory could start one at this moment."""
    factories: int
    """Live ones, this one included."""


@dataclass(slots=True)
class Keeping:
    """This factory's room for a target; times on its monotonic clock."""

    target: Target
    factory: str
    starved_since: float | None = None
    due: float = math.inf
    """When it begins to keep room unless others do."""
    kept_at: float | None = None
    until: float = math.inf
    rest_until: float = -math.inf
    processors: int = 0
    """Kept, whether they are free yet or not."""

    def withdraw(self) -> None:
        """Keep nothing, and be patient anew."""
        self.starved_since = None
        self._release()

    def _release(self) -> None:
        self.due = self.until = math.inf
        self.kept_at, self.processors = None, 0

    def review(self, call: Call, room_in: Callable[[], float | None], now: float, rng: Random) -> None:
        """Follow what has changed; `room_in`: seconds until there is room at the latest, None for never."""
        if call.allowed <= 0:
            self.withdraw()
        elif self.kept_at is not None:
            self._stay(call, now)
        else:
            self._wait(call, room_in, now, rng)

    def _stay(self, call: Call, now: float) -> None:
        if now >= self.until:
            self._release()
            self.rest_until = now + REST_SECONDS
        elif not stays(self.target.name, call.window, self.factory, call.holders, call.allowed):
            self._release()

    def _wait(self, call: Call, room_in: Callable[[], float | None], now: float, rng: Random) -> None:
        if self.starved_since is None:
            self.starved_since = now
        if len(call.holders) >= call.allowed or now < self.rest_until:
            self.due = math.inf
            return
        if math.isinf(self.due):
            seconds = room_in()
            if seconds is None:
                return
            begin = max(now, self.starved_since + PATIENCE_SECONDS)
            self.due = begin + wait_seconds(seconds, call.factories, rng)
        if now >= self.due and not call.able:
            self._keep(room_in(), now)

    def _keep(self, seconds: float | None, now: float) -> None:
        self.due = math.inf
        if seconds is not None:
            self.kept_at, self.until = now, now + keep_seconds(seconds)
            self.processors = self.target.min_processors

    def next_change(self, now: float) -> float:
        """Return when time alone changes it next; infinity for never."""
        return min((at for at in (self.due, self.until, self.rest_until) if at > now), default=math.inf)
