"""Deciding: one decision in a large space.

A decision is the board's whole pass over 20 targets whose rows 1,000 factories gave.

The targets stand as they do in a space at work: some open, some growing, some in back-off, some waiting for
their probe. Rows are values that were decoded already; to decode and merge them is gossip's part.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from msgspec import structs

from tools.bench.figure import Figure
from tools.bench.quantiles import quantile
from vacnet.agent.board import Board
from vacnet.agent.events import AgentSettings
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.table import Table
from vacnet.space.window import Window
from vacnet.targets.model import Target

FACTORIES = 1000
TARGETS = 20
NOW = 100_000.0
CHANGED_MS_MAX = 1.0
ANEW_MS_MAX = 20.0
ROUNDS = 300


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure both; the time is what it takes."""
    space = BoardOfMany(FACTORIES, TARGETS)
    how = f"{FACTORIES} factories x {TARGETS} targets, median of {ROUNDS}"
    one = space.milliseconds(space.change_one, ROUNDS)
    yield Figure("a decision when one row has changed: p50", quantile(one, 0.5), "ms", CHANGED_MS_MAX, how)
    yield Figure("a decision when one row has changed: p99", quantile(one, 0.99), "ms", None, how)
    how = f"{FACTORIES} factories x {TARGETS} targets, median of {ROUNDS // 10}"
    around = space.milliseconds(space.look_around, ROUNDS // 10)
    yield Figure("a decision when who is there has changed: p50", quantile(around, 0.5), "ms", None, how)
    anew = space.milliseconds(space.begin, ROUNDS // 10)
    yield Figure("a decision from nothing: p50", quantile(anew, 0.5), "ms", ANEW_MS_MAX, how)


class BoardOfMany:
    """A factory's board in a large space, without any gossip."""

    def __init__(self, factories: int, targets: int) -> None:
        """Fill the table."""
        self.rng = Random(1)
        self.now = NOW
        self.targets = tuple(Target(name=f"target{n}", target_share=1.0 + n, gain=2) for n in range(targets))
        self.table = Table(FactoryRow(name="me", processors_total=10, processors_free=2), 1, NOW)
        self.windows = [self._window(number) for number in range(targets)]
        for number in range(1, factories):
            self._add(f"factory{number}.example.org")
        self.names = list(self.table.factories)[1:]
        self.begin()
        self.board.review((), NOW)

    def begin(self) -> None:
        """Forget all that was reckoned: the next look is the first."""
        settings = AgentSettings(space="s", factory="me", processors=0, targets=self.targets)
        self.board = Board(settings, self.table, Random(2))
        self.board.set_targets(self.targets, NOW)
        self.board.follow(replace(settings, processors=2))

    def _window(self, number: int) -> Window:
        """Return a window: by turns open, growing, in back-off, and over."""
        length = 1e6 if number % 4 == 2 else 60.0  # noqa: PLR2004 (every fourth is in back-off)
        return Window(3, "factory1.example.org", NOW - 500, length, 1, open=number % 4 == 0)

    def _add(self, name: str) -> None:
        known = self.table.add(name, 1, NOW + 1e6)
        if known is None:
            raise ValueError("the table is full")
        known.row = FactoryRow(name=name, processors_total=10, processors_free=self.rng.randint(0, 3))
        for target, window in zip(self.targets, self.windows, strict=True):
            known.targets[target.name] = self._row(target.name, window)

    def _row(self, target: str, window: Window) -> TargetRow:
        busy = self.rng.randint(0, 2)
        return TargetRow(
            target=target,
            window=structs.replace(window, opened_at=window.opened_at + self.rng.random()),
            machines_running=busy,
            processors_running=busy,
            proven_running=busy,
            unproven=int(self.rng.random() < 0.01),  # noqa: PLR2004 (one of a hundred)
            can=2 * int(self.rng.random() < 0.3),  # noqa: PLR2004 (as in the research: 30 % have room)
            tickets=0,
            proofs=int(self.rng.random() < 0.005),  # noqa: PLR2004 (a few)
            proof_at=NOW - 1000 * self.rng.random(),
            tried=5.0,
        )

    def change_one(self) -> None:
        """Let one row of one factory be another."""
        known, number = (
            self.table.factories[self.rng.choice(self.names)],
            self.rng.randrange(len(self.targets)),
        )
        name = self.targets[number].name
        known.targets[name] = self._row(name, self.windows[number])
        self.board.outlook.row_changed(known.name, name)

    def look_around(self) -> None:
        """Let it find out anew who is there."""
        self.board.outlook.look_around()

    def milliseconds(self, change: Callable[[], None], rounds: int) -> list[float]:
        """Return how long so many decisions took, each after a change; CPU time of this thread."""
        return [self._one(change) for _ in range(rounds)]

    def _one(self, change: Callable[[], None]) -> float:
        change()
        self.now += 1e-4
        began = time.thread_time()
        self.board.review((), self.now)
        return 1000 * (time.thread_time() - began)
