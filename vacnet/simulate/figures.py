"""Figures of gossip in simulation: how fast a change is known, how fast a cut heals, what rest costs.

Rules of this file: the real engine and codec over the simulated network; only how a space of a thousand came
to know each other is decreed, because a million handshakes would take longer than all that is measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from random import Random

from vacnet.agent.events import AgentSettings
from vacnet.simulate.guards import IP_UDP_BYTES, Quiet
from vacnet.simulate.network import Weather
from vacnet.simulate.node import Node
from vacnet.simulate.plan import Plan
from vacnet.simulate.storm import Storm
from vacnet.simulate.talker import Talker
from vacnet.space.happenings import RowsChanged
from vacnet.space.limits import beat_seconds
from vacnet.space.link import Link
from vacnet.targets.model import Target

TARGETS = tuple(Target(name=f"target{number}") for number in range(10))
ROWS_PER_SECOND = 0.01
"""Of one factory: between the usual 0.005 and the busy 0.05 of the gossip research 4.1."""
JOIN_SECONDS = 30.0
DECREED_SECONDS = 1.0
"""For what comes up at once among those who know each other by decree."""
DECREED_ABOVE = 100
"""Factories of a space whose acquaintance is decreed."""
PATIENCE_SECONDS = 5.0
"""For a change to become known at all."""
REST_SECONDS = 20.0
"""Of rest that are measured, rounded up to whole beats."""
HEALING_SECONDS_MAX = 120.0
"""Then it is given up, and that is the figure."""
STEP_SECONDS = 0.1


@dataclass(slots=True)
class Spread:
    """How long changes took, in seconds."""

    each: list[float]
    """From the writing of a row until one other factory had it, of all pairs."""
    last: list[float]
    """Until the last had it."""


@dataclass(slots=True)
class _Arrivals(Quiet):
    """When a row came to each factory."""

    stamp: bytes = b""
    at: list[float] | None = None

    def see(self, storm: Storm, node: Node, what: object) -> None:  # noqa: ARG002 (any factory)
        """Note the arrival of the row that is waited for."""
        if not isinstance(what, RowsChanged) or self.at is None:
            return
        if any(change.digest == self.stamp for change in what.rows.values()):
            self.at.append(storm.clock.now)


class _Space(Storm):
    """A storm without faults whose factories have the targets of the figures."""

    def __init__(self, factories: int, guards: list[Quiet], seed: int) -> None:
        super().__init__(Plan(seed, factories, frozenset()), guards)
        for node in self.nodes:
            node.settings = AgentSettings(
                space=node.settings.space, factory=node.name, processors=4, targets=TARGETS
            )


def joined(factories: int, weather: Weather, *guards: Quiet, seed: int = 1) -> Storm:
    """Return a space in which all know each other and nothing is on its way."""
    space = _Space(factories, list(guards), seed)
    decreed = factories > DECREED_ABOVE
    rng, within = space.plan.rng("boots"), beat_seconds(factories)  # so that beats come at any time
    for node in space.nodes:
        node.peers = () if decreed else node.peers
        space.clock.after(rng.uniform(0.0, within), node.boot)
    space.clock.run_until(within)
    if decreed:
        _acquaint(space)
    space.clock.run_until(within + (DECREED_SECONDS if decreed else JOIN_SECONDS))
    space.network.weather = weather
    return space


def _acquaint(space: Storm) -> None:
    """Have everybody know everybody, as after a join long ago."""
    tables = [(node, node.agent.gossip.table) for node in space.nodes if node.agent is not None]
    for node, table in tables:
        for other, theirs in tables:
            known = table.add(other.name, theirs.me.epoch, node.now) if other is not node else None
            if known is not None:
                known.row, known.row_version = theirs.me.row, theirs.me.row_version
                known.targets.update(theirs.me.targets)
                known.versions = dict(theirs.me.versions)
                known.version = known.latest = theirs.me.version
                known.address, known.link = other.address, Link(0)
                known.link.prove(other.address)
        table.keep_time()


def spread(factories: int, changes: int, loss: float = 0.01) -> Spread:
    """Write urgent rows at factories drawn at random and measure when the others have them."""
    arrivals = _Arrivals()
    space = joined(factories, Weather(loss=loss), arrivals)
    rng, found = Random(factories), Spread([], [])
    for _ in range(changes):
        began = space.clock.now
        arrivals.at = []
        arrivals.stamp = _write(rng.choice(space.nodes), rng, urgent=True)
        while len(arrivals.at) < factories - 1 and space.clock.now < began + PATIENCE_SECONDS:
            space.clock.run_until(space.clock.now + STEP_SECONDS)
        missing = [PATIENCE_SECONDS] * (factories - 1 - len(arrivals.at))
        found.each += [at - began for at in arrivals.at] + missing
        found.last.append(max(found.each[1 - factories :]))
    return found


def healing_seconds(factories: int = 100, cut_seconds: float = 120.0) -> float:
    """Cut a space 40 to 60, let both sides write, and return when all tables are the same after the cut."""
    space = joined(factories, Weather(loss=0.01))
    side = [node.address for node in space.nodes[: factories * 2 // 5]]
    space.network.partition([], side)
    _go_on_writing(space)
    space.clock.run_until(space.clock.now + cut_seconds)
    space.network.partition()
    space.calm = True
    began = space.clock.now
    while not space.same() and space.clock.now < began + HEALING_SECONDS_MAX:
        space.clock.run_until(space.clock.now + STEP_SECONDS)
    return space.clock.now - began


def bytes_at_rest(factories: int) -> float:
    """Return bytes a second that a factory sends, IP and UDP headers included, over some beats of rest."""
    space = joined(factories, Weather())
    _go_on_writing(space)
    network, beat = space.network, beat_seconds(factories)
    seconds = beat * math.ceil(REST_SECONDS / beat)
    sent, size = network.sent, network.bytes_sent
    space.clock.run_until(space.clock.now + seconds)
    total = network.bytes_sent - size + IP_UDP_BYTES * (network.sent - sent)
    return total / seconds / factories


def _go_on_writing(space: Storm) -> None:
    rng = Random(5)
    for node in space.nodes:
        space.clock.after(rng.expovariate(ROWS_PER_SECOND), partial(_write_on, space, node, rng))


def _write_on(space: Storm, node: Node, rng: Random) -> None:
    if not space.calm:
        _write(node, rng, urgent=False)
        space.clock.after(rng.expovariate(ROWS_PER_SECOND), partial(_write_on, space, node, rng))


def _write(node: Node, rng: Random, *, urgent: bool) -> bytes:
    """Write a row and return its stamp."""
    target = rng.choice(TARGETS).name
    if not isinstance(node.agent, Talker):
        raise TypeError(f"{node.name} is no talker that runs")
    node.agent.write(target, node.now, urgent=urgent)
    node.carry_out()
    return node.agent.gossip.table.me.targets[target].digest


def quantile(values: list[float], share: float) -> float:
    """Return the value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
