"""Choosing: shares draw one target of those that could start now.

Rules of this file: it draws and says why the others were not drawn; it starts and claims nothing. A factory
chooses at most once a second, so that targets whose times come apart by less than that, open ones that
draw and growing ones whose turn has come, still contend with each other. Without that pause a growing
target takes every processor the moment it is free, and an open one starves beside it; and a factory that
takes all that could start together fills by count and not by share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from vacnet.agent.neighbours import Neighbours
from vacnet.agent.quotas import contender
from vacnet.agent.rooms import Rooms
from vacnet.decide.growth import DRAW_SECONDS, chance
from vacnet.decide.reasons import Reason
from vacnet.decide.shares import Choice, Contender, draw, free_soon
from vacnet.decide.standing import Standing
from vacnet.decide.windows import State


@dataclass(slots=True)
class Chooser:
    """Chooses for one factory."""

    rooms: Rooms
    rng: Random
    next_at: float = 0.0
    """No earlier does the next choice come."""
    choice: Choice | None = None
    """The last choice, made at `chosen_at`."""
    chosen_at: float = 0.0

    def choose(
        self, ready: Sequence[str], standings: Mapping[str, Standing], around: Neighbours, now: float
    ) -> tuple[Choice | None, dict[str, Reason]]:
        """Draw one of the ready ones, None if nothing was drawn from; and return why each was not drawn."""
        if now < self.next_at:
            words = "could start: this factory chooses once a second"
            return None, {name: Reason(name, "choice.pause", words) for name in ready}
        self.next_at = now + DRAW_SECONDS
        first, reasons = self._first(ready)
        drawn = [name for name in first if self._draws(name, standings[name], around, reasons)]
        if not drawn:
            return None, reasons
        self.choice, self.chosen_at = draw(*self._market(drawn, standings, around), self.rng), now
        words = "another target was drawn by share; the next choice is in a second"
        return self.choice, reasons | {name: Reason(name, "share.other", words) for name in drawn}

    def _first(self, ready: Sequence[str]) -> tuple[Sequence[str], dict[str, Reason]]:
        """Return those for which room was kept, or all: their lack was weighed when it was."""
        kept = [name for name in ready if self.rooms.keepings[name].processors]
        words = "could start: a target for which room was kept comes first"
        return kept or ready, {name: Reason(name, "choice.kept", words) for name in ready if kept}

    def _draws(self, name: str, standing: Standing, around: Neighbours, reasons: dict[str, Reason]) -> bool:
        """Draw the lot of an open target; one whose turn on a ticket has come needs none."""
        if standing.state is not State.OPEN:
            return True
        processors = self.rooms.settings.processors + around.processors()
        likely = chance(self.rooms.ledgers[name].target, standing, processors)
        words = f"open: draws once a second with chance {likely:.2f}"
        reasons[name] = Reason(name, "open.not-drawn", words, {"chance": likely})
        return self.rng.random() < likely

    def _market(
        self, names: Sequence[str], standings: Mapping[str, Standing], around: Neighbours
    ) -> tuple[list[Contender], float, float]:
        """Return the contenders, what they have, and what is free, all in processors x weight."""
        targets = [self.rooms.ledgers[name].target for name in names]
        contenders = [contender(target, standings[target.name]) for target in targets]
        size = max(target.max_processors for target in targets)
        own = free_soon(self.rooms.free().processors, size) * self.rooms.settings.weight
        running = sum(contender.running for contender in contenders)
        return contenders, running, around.free_work(size) + own
