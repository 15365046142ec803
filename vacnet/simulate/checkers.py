"""Checkers: the promises of the design, watched over a whole run.

Rules of this file: a checker sees every effect and every end as they come about, so that a later legal
state cannot hide an illegal one, and says at the end whether its promise was kept. Each is tested by a
mutant that it must catch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vacnet.agent.effects import StartMachine
from vacnet.agent.events import MachineEnded
from vacnet.outcomes import Kind
from vacnet.simulate.node import Node

WindowKey = tuple[str, int, str]
"""Target, number, opener."""


class BrokenPromiseError(AssertionError):
    """A promise was broken; the text names the seed, and what was seen."""


class Checker(Protocol):
    """Watches one promise."""

    def see(self, factory: str, what: object, now: float) -> None:
        """Take in an effect or an end."""
        ...

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        """Raise BrokenPromiseError if the promise was not kept."""
        ...


@dataclass(slots=True)
class OneMachineATicket:
    """At most one unfinished machine for each ticket of each window."""

    running: dict[tuple[WindowKey, int], set[str]] = field(default_factory=dict)
    of_machine: dict[str, tuple[WindowKey, int]] = field(default_factory=dict)
    starts: Counter[tuple[WindowKey, int]] = field(default_factory=Counter)
    doubled: list[tuple[WindowKey, int, float]] = field(default_factory=list)

    def see(self, factory: str, what: object, now: float) -> None:  # noqa: ARG002 (any factory)
        """Count machines by ticket."""
        if isinstance(what, StartMachine) and what.ticket.number >= 0:
            window = (what.target.name, what.ticket.window_number, what.ticket.window_opener)
            self._start((window, what.ticket.number), what.uuid, now)
        if isinstance(what, MachineEnded) and what.uuid in self.of_machine:
            self.running[self.of_machine[what.uuid]].discard(what.uuid)

    def _start(self, ticket: tuple[WindowKey, int], uuid: str, now: float) -> None:
        self.starts[ticket] += 1
        self.of_machine[uuid] = ticket
        holders = self.running.setdefault(ticket, set())
        holders.add(uuid)
        if len(holders) > 1:
            self.doubled.append((*ticket, now))

    def finish(self, nodes: Sequence[Node], seed: int) -> None:  # noqa: ARG002 (seen on the way)
        """Raise if a ticket ever had two."""
        if self.doubled:
            raise BrokenPromiseError(f"seed {seed}: two machines on one ticket: {self.doubled[:5]}")

    def probes(self) -> dict[WindowKey, int]:
        """Return how many machines were started on ticket 0 of each window."""
        return {window: count for (window, number), count in self.starts.items() if number == 0}


@dataclass(slots=True)
class Ends:
    """Counts ends by target and kind: no promise, but what tests compare with."""

    kinds: dict[str, Counter[Kind]] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    nowork_times: dict[str, list[float]] = field(default_factory=dict)

    def see(self, factory: str, what: object, now: float) -> None:  # noqa: ARG002 (any factory)
        """Count."""
        if isinstance(what, StartMachine):
            self.targets[what.uuid] = what.target.name
        if isinstance(what, MachineEnded):
            name = self.targets[what.uuid]
            self.kinds.setdefault(name, Counter())[what.outcome.kind] += 1
            if what.outcome.kind is Kind.NOWORK:
                self.nowork_times.setdefault(name, []).append(now)

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        """Nothing is promised."""


@dataclass(slots=True)
class TablesEqual:
    """After calm all factories hold the same table."""

    def see(self, factory: str, what: object, now: float) -> None:
        """Nothing is to be seen on the way."""

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        """Raise if two tables differ."""
        tables = tables_of(nodes)
        if len(set(tables.values())) > 1:
            raise BrokenPromiseError(f"seed {seed}: tables differ after calm: {_groups(tables.items())}")


def tables_of(nodes: Sequence[Node]) -> dict[str, bytes]:
    """Return the fingerprint of each running factory's table."""
    return {node.name: node.agent.gossip.table.fingerprint() for node in nodes if node.agent}


def _groups(tables: Iterable[tuple[str, bytes]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, table in tables:
        groups.setdefault(table.hex()[:8], []).append(name)
    return groups
