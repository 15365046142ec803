"""The guard of reservations: no more factories keep room than the target lacks machines, and none for ever.

It reckons from what really runs on all hosts and knows nothing of how factories come to their numbers.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.simulation.decide_space import board
from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.node import Node
from vacnet.simulate.run import World
from vacnet.targets.model import Target

LOOK_SECONDS = 1.0
ARRIVAL_LOOKS = 8
"""Rows that wait to be told together wait two seconds, lost ones are repaired within a few more."""
MARGIN_SECONDS = 60.0


@dataclass(slots=True)
class NoMoreThanLacking:
    """At most ceil(lack / size) factories keep room, each no longer than what runs there may live."""

    target: str
    longest_seconds: float
    """What runs on a host has to be gone within."""
    kept: dict[str, float] = field(default_factory=dict)
    """Since when a factory keeps room."""
    spans: list[tuple[str, float]] = field(default_factory=list)
    """Who kept room and for how long, as far as it ended."""
    most: int = 0
    _allowed: deque[int] = field(default_factory=lambda: deque(maxlen=ARRIVAL_LOOKS))
    _too_many: int = 0
    _broken: str = ""

    def see(self, factory: str, what: object, now: float) -> None:
        """Nothing is to be seen on the way."""

    def watch(self, world: World) -> None:
        """Look, and come back; to be put among a scenario's faults."""
        now = world.clock.now
        live = [n for n, node in enumerate(world.nodes) if node.agent is not None]
        keeping = {world.nodes[n].name for n in live if board(world, n).keepings[self.target].processors}
        self._follow(keeping, now)
        self._allowed.append(self._lacking(world, live))
        self._too_many = self._too_many + 1 if len(keeping) > max(self._allowed) else 0
        if self._too_many >= ARRIVAL_LOOKS:
            self._broken = f"at {now:g} s {len(keeping)} keep room and {max(self._allowed)} may"
        world.clock.after(LOOK_SECONDS, self.watch, world)

    def _follow(self, keeping: set[str], now: float) -> None:
        self.most = max(self.most, len(keeping))
        for factory in self.kept.keys() - keeping:
            self.spans.append((factory, now - self.kept.pop(factory)))
        for factory in keeping:
            since = self.kept.setdefault(factory, now)
            if now - since > self.longest_seconds + 2 * MARGIN_SECONDS:
                self._broken = f"{factory} has kept room since {since:g} s, and it is {now:g} s"

    def _lacking(self, world: World, live: Sequence[int]) -> int:
        """Return the machines that the target lacks by what really runs."""
        targets = {target.name: target for target in world.scenario.targets}
        mine = targets[self.target]
        shares = min((self._shares(world, n, targets) for n in live), default=mine.target_share)
        due = mine.target_share / shares * len(live) * world.scenario.processors
        made = sum(
            machine.processors
            for node in world.nodes
            for machine in node.disk.machines.values()
            if machine.target == self.target and machine.ended_at is None
        )
        return max(0, math.ceil((due - made) / mine.min_processors))

    def _shares(self, world: World, node: int, targets: dict[str, Target]) -> float:
        standings = board(world, node).standings
        busy = {name for name, one in standings.items() if one.state.value != "back-off"} | {self.target}
        return sum(targets[name].target_share for name in busy)

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        """Raise if there were too many, or one for too long."""
        if self._broken:
            raise BrokenPromiseError(f"seed {seed}: {self._broken}")
