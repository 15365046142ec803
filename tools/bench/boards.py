"""Boards: the decisions of a thousand factories without their gossip, for windows too costly with it.

A window that opens among a thousand factories is a million datagrams, because each copies it into its own
row and tells all others. Here rows travel as values: the boards, ledgers and bids are real, and a medium
delays a row as a network does. A row whose datagram is lost comes a few seconds late, as the next sync
would bring it; relays, by which the engine loses an urgent row far less often, are left out.

Factories without room copy windows and are nobody's rivals; they stand in every table as such. A loop
looks at what is urgent within a few milliseconds and at the copies of a window a quarter of a second later:
less prompt than an agent, and a fortieth of its looks.
"""

from __future__ import annotations

import math
from collections import Counter
from random import Random

from vacnet.agent.board import Board
from vacnet.agent.effects import StartMachine
from vacnet.agent.events import AgentSettings
from vacnet.agent.own_rows import is_urgent
from vacnet.simulate.clock import Clock
from vacnet.simulate.network import Weather
from vacnet.simulate.probing import (
    CYCLE_SECONDS,
    JOIN_SECONDS,
    ROOM_PART,
    TARGETS,
    Probed,
    idle_target,
    summary,
)
from vacnet.simulate.toys import outcome_of
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.table import Known, Table
from vacnet.space.window import never_tried
from vacnet.targets.model import Target

FOREVER = 1e9
LINGER_SECONDS = 2.0
"""Rows that nobody waits for are told together."""
REPAIR_SECONDS = (1.0, 5.0)
TURN_SECONDS = {True: 0.005, False: 0.25}
"""Rows that come within one turn of a factory's loop are looked at together; by whether they are urgent."""
START_SECONDS, TRIAL_SECONDS = 0.2, 2.0


class Medium:
    """Carries rows between boards."""

    def __init__(
        self, factories: int, able: int, targets: tuple[Target, ...], weather: Weather, seed: int
    ) -> None:
        """Seat the boards of those that have room; the others are in their tables."""
        self.clock, self.rng, self.weather = Clock(), Random(f"{seed} {factories}"), weather
        self.targets = targets
        self.probes: Counter[tuple[str, int]] = Counter()
        """Machines on the first ticket, by target and number of the window."""
        mute = [self._known(f"mute{number}", 0) for number in range(factories - able)]
        names = [f"factory{number}" for number in range(able)]
        self.seats = [Seat(self, name, names, mute) for name in names]

    def _known(self, name: str, can: int) -> Known:
        known = Table(FactoryRow(name=""), 1, 0.0).add(name, 1, FOREVER)
        if known is None:
            raise ValueError("the table is full")
        for target in self.targets:
            window = never_tried(0.0)
            known.targets[target.name] = TargetRow(target=target.name, window=window, can=can)
        return known

    def tell(self, sender: Seat, row: TargetRow, number: int, *, urgent: bool) -> None:
        """Bring a row to all other boards."""
        least, most = self.weather.delay_seconds
        for seat in self.seats:
            if seat is not sender:
                late = self.rng.uniform(*REPAIR_SECONDS) if self.rng.random() < self.weather.loss else 0.0
                delay = late + self.rng.uniform(least, most)
                self.clock.after(delay, seat.take, sender.name, row, number, urgent)


class Seat:
    """One board, its machines, and what it has told."""

    def __init__(self, medium: Medium, name: str, names: list[str], mute: list[Known]) -> None:
        """Know all others from the first moment on."""
        self.medium, self.name, self.clock = medium, name, medium.clock
        table = Table(FactoryRow(name=name, processors_total=len(medium.targets)), 1, 0.0)
        for other in names:
            if other != name:
                table.add(other, 1, FOREVER)
        table.factories.update({known.name: known for known in mute})
        self.table = table
        settings = AgentSettings(
            space="s", factory=name, processors=len(medium.targets), targets=medium.targets
        )
        self.board = Board(settings, table, Random(medium.rng.random()))
        self.board.set_targets(medium.targets, 0.0)
        self.told: dict[str, TargetRow] = {}
        self.numbers: Counter[str] = Counter()
        self.heard: Counter[tuple[str, str]] = Counter()
        self.due = math.inf
        self.lingering: set[str] = set()
        self.look_at(medium.rng.random())

    def look_at(self, time: float) -> None:
        """Look at the board no later than then."""
        if time < self.due:
            self.due = time
            self.clock.at(time, self._look, time)

    def take(self, sender: str, row: TargetRow, number: int, urgent: bool) -> None:  # noqa: FBT001 (a row's)
        """Take another's row, unless a newer one has overtaken it."""
        if number > self.heard[sender, row.target]:
            self.heard[sender, row.target] = number
            self.table.factories[sender].targets[row.target] = row
            self.board.outlook.row_changed(sender, row.target)
            self.look_at(self.clock.now + TURN_SECONDS[urgent])

    def _look(self, due: float) -> None:
        if due != self.due:
            return
        self.due = math.inf
        self.board.review((), self.clock.now)
        effects, self.board.effects = self.board.effects, []
        for effect in effects:
            if isinstance(effect, StartMachine):
                self._start(effect)
        for target in self.medium.targets:
            self._publish(target.name)
        self.look_at(max(self.board.wake_at, self.clock.now))

    def _start(self, effect: StartMachine) -> None:
        name = effect.target.name
        if effect.ticket.number == 0:
            self.medium.probes[name, effect.ticket.window_number] += 1
        machine = self.board.ledgers[name].machines[effect.uuid]
        machine.started_at = self.clock.now + START_SECONDS
        self.clock.after(START_SECONDS + TRIAL_SECONDS, self._end, name, effect.uuid)

    def _end(self, name: str, uuid: str) -> None:
        ledger = self.board.ledgers[name]
        outcome = outcome_of("300 no work", TRIAL_SECONDS, ledger.target.fizzle_seconds)
        ledger.end(ledger.machines[uuid], outcome, TRIAL_SECONDS, self.clock.now)
        self.board.outlook.stale.add(name)
        self.look_at(self.clock.now)

    def _publish(self, name: str) -> None:
        row = self.board.row(name, self.clock.now)
        before = self.told.get(name)
        if row == before:
            return
        if is_urgent(before, row, self.name):
            self._tell(name)
        elif name not in self.lingering:
            self.lingering.add(name)
            self.clock.after(LINGER_SECONDS, self._tell, name)

    def _tell(self, name: str) -> None:
        self.lingering.discard(name)
        row = self.board.row(name, self.clock.now)
        if row != (before := self.told.get(name)):
            self.told[name] = row
            self.numbers[name] += 1
            self.medium.tell(self, row, self.numbers[name], urgent=is_urgent(before, row, self.name))


def probed_by_boards(factories: int, windows: int, weather: Weather, seed: int = 0) -> Probed:
    """Return what at least so many windows cost, but for the first of each target: nobody knew anybody."""
    targets = tuple(idle_target(f"target{number}") for number in range(TARGETS))
    medium = Medium(factories, round(ROOM_PART * factories), targets, weather, seed)
    medium.clock.run_until(JOIN_SECONDS + CYCLE_SECONDS * math.ceil(windows / TARGETS))
    return summary(medium.probes, [target.name for target in targets])
