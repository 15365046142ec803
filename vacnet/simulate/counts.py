"""Counts: what a run did, for the figures that scenarios compare with their promises.

Rules of this file: these checkers promise nothing by themselves but `NeverStuck`; they see every effect and
every end, so that no figure depends on when somebody looked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vacnet.agent.agent import Agent
from vacnet.agent.board import Board
from vacnet.agent.effects import PersistWindow, StartMachine
from vacnet.agent.events import MachineEnded
from vacnet.decide.peers import HOLD_SECONDS
from vacnet.decide.standing import Standing
from vacnet.decide.tickets import free_tickets
from vacnet.decide.windows import State
from vacnet.outcomes import Kind
from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.node import Node
from vacnet.simulate.run import World

LOOK_SECONDS = 5.0
STUCK_SECONDS = 90.0
"""Eight ranks of 2 s, a random 10 s, a claim that dies (31 s), the choice of a second, and arrival."""
DEAD_SECONDS = HOLD_SECONDS + 2 * STUCK_SECONDS
"""A holder that fell silent holds its tickets for ten minutes; then the others have to be stuck."""


@dataclass(frozen=True, slots=True)
class Start:
    """One machine that was started."""

    at: float
    factory: str
    target: str
    window: int
    ticket: int


@dataclass(frozen=True, slots=True)
class End:
    """One machine that ended."""

    at: float
    kind: Kind
    start: Start

    @property
    def target(self) -> str:
        """Return what it was a machine of."""
        return self.start.target

    @property
    def started_at(self) -> float:
        """Return when it was started."""
        return self.start.at


@dataclass(slots=True)
class Counts:
    """All starts, ends and windows of a run, in the order of time."""

    starts: list[Start] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    windows: dict[tuple[str, int, str], float] = field(default_factory=dict)
    """When a window was first kept by anybody, by target, number and opener."""
    lengths: dict[tuple[str, int, str], float] = field(default_factory=dict)
    _alive: dict[str, Start] = field(default_factory=dict)

    def see(self, factory: str, what: object, now: float) -> None:
        """Count."""
        if isinstance(what, StartMachine):
            ticket = what.ticket
            start = Start(now, factory, what.target.name, ticket.window_number, ticket.number)
            self.starts.append(start)
            self._alive[what.uuid] = start
        elif isinstance(what, MachineEnded) and (began := self._alive.pop(what.uuid, None)):
            self.ends.append(End(now, what.outcome.kind, began))
        elif isinstance(what, PersistWindow) and what.window.number:
            key = (what.target, what.window.number, what.window.opener)
            self.windows.setdefault(key, now)
            self.lengths[key] = what.window.length_seconds

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        """Nothing is promised."""

    def useless(self, target: str, since: float = 0.0, until: float = float("inf")) -> int:
        """Return how many machines without work were started in a span."""
        found = (end for end in self.ends if end.target == target and end.kind is Kind.NOWORK)
        return sum(since <= end.started_at < until for end in found)

    def of_tickets(self, kind: Kind) -> Counter[tuple[str, int]]:
        """Return how many machines of tickets ended so, by target and number of the window."""
        found = (end.start for end in self.ends if end.kind is kind and end.start.ticket >= 0)
        return Counter((start.target, start.window) for start in found)

    def probes(self) -> Counter[tuple[str, int]]:
        """Return how many machines were started on a window's first ticket, by target and number."""
        return Counter((start.target, start.window) for start in self.starts if start.ticket == 0)

    def opened(self, target: str, since: float = 0.0) -> list[float]:
        """Return when windows were opened."""
        return sorted(at for (name, _, _), at in self.windows.items() if name == target and at >= since)

    def of(self, target: str) -> list[Start]:
        """Return a target's starts."""
        return [start for start in self.starts if start.target == target]

    def busy(self, places: int, since: float, until: float, *, before: int = 0) -> float:
        """Return which part of the places had a machine, 0 to 1; `before`: run through, from before."""
        spans = [(end.started_at, end.at) for end in self.ends]
        spans += [(start.at, until) for start in self._alive.values()]
        seconds = sum(max(0.0, min(end, until) - max(start, since)) for start, end in spans)
        return (seconds / (until - since) + before) / places


@dataclass(slots=True)
class NeverStuck:
    """No target with a live candidate is ever stuck, whatever died: it is looked at every few seconds.

    It is stuck if tickets or draws allow a machine and none is started; and, whatever the rules say of
    tickets, if its back-off is over, somebody could start one and nobody who lives has one on trial.
    """

    started: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    idle: dict[str, float] = field(default_factory=dict)
    stuck: list[tuple[str, float, float]] = field(default_factory=list)
    looks: int = 0

    def see(self, factory: str, what: object, now: float) -> None:  # noqa: ARG002 (any factory)
        """Note that something was started."""
        if isinstance(what, StartMachine):
            self.started[what.target.name] = now

    def watch(self, world: World) -> None:
        """Look, and come back; to be put among a scenario's faults."""
        boards = [(node.name, node.agent.board) for node in world.nodes if isinstance(node.agent, Agent)]
        self.looks += 1
        allowed = {name for factory, board in boards for name in _allowed_here(board, factory)}
        able = {name for _, board in boards for name in _over(board)}
        on_trial = {name for _, board in boards for name in _on_trial(board)}
        self._look(self.waiting, allowed, STUCK_SECONDS, world.clock.now)
        self._look(self.idle, able - on_trial, DEAD_SECONDS, world.clock.now)
        world.clock.after(LOOK_SECONDS, self.watch, world)

    def _look(self, waiting: dict[str, float], names: set[str], patience: float, now: float) -> None:
        for name in names:
            since = max(waiting.setdefault(name, now), self.started.get(name, 0.0))
            if now - since > patience:
                self.stuck.append((name, since, now))
        for name in waiting.keys() - names:
            del waiting[name]

    def finish(self, nodes: Sequence[Node], seed: int) -> None:  # noqa: ARG002 (seen on the way)
        """Raise if a target was stuck."""
        if self.stuck:
            raise BrokenPromiseError(f"seed {seed}: stuck since, seen at: {self.stuck[:3]}")


def _over(board: Board) -> Iterator[str]:
    """Yield the targets that a factory could start a machine of, and that are not in back-off to it."""
    yield from (name for name in board.able if board.standings[name].state is not State.BACK_OFF)


def _on_trial(board: Board) -> Iterator[str]:
    """Yield the targets of which an unfinished machine has not proved."""
    for name, ledger in board.ledgers.items():
        if any(machine.proved_at is None for machine in ledger.unfinished()):
            yield name


def _allowed_here(board: Board, factory: str) -> Iterator[str]:
    """Yield the targets of which a factory could start a machine and is allowed to."""
    yield from (name for name in board.able if _allowed(board.standings[name], factory))


def _allowed(standing: Standing, factory: str) -> bool:
    if standing.state is State.OPEN:
        return standing.unproven == 0
    return standing.state is not State.BACK_OFF and any(True for _ in free_tickets(standing, besides=factory))
