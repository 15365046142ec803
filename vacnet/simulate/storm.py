"""A storm: the space in which a plan is carried out, and who watches it.

Rules of this file: it builds factories and knows what they know; what befalls them is `faults`, the course
of a run is `course`. Guards see every row as it is taken and look at every table every two seconds.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Protocol

from vacnet.agent.agent import Agent
from vacnet.agent.events import AgentSettings, KeysChanged
from vacnet.simulate import toil
from vacnet.simulate.clock import Clock
from vacnet.simulate.network import Network
from vacnet.simulate.node import Node
from vacnet.simulate.plan import Plan, weather
from vacnet.simulate.talker import Talker
from vacnet.space import sync
from vacnet.space.address import Address
from vacnet.space.limits import BUCKETS
from vacnet.space.table import Known

SPACE = "sim.example.org"
PORT = 8884
MEMBER, OBSERVER = bytes(range(32)), bytes(range(32, 64))
LOOK_SECONDS = 2.0
BASE_SECONDS_MAX = 1e6
"""Monotonic clocks begin anywhere below."""


class Guard(Protocol):
    """Watches one promise."""

    def see(self, storm: Storm, node: Node, what: object) -> None:
        """Take in what came about at a factory."""

    def look(self, storm: Storm) -> None:
        """Look at all tables."""

    def finish(self, storm: Storm) -> None:
        """Judge the run."""


class Storm:
    """A space while its plan is carried out."""

    def __init__(self, plan: Plan, guards: Sequence[Guard]) -> None:
        """Build all factories; nothing runs yet."""
        self.plan = plan
        self.guards = guards
        self.clock = Clock()
        self.network = Network(self.clock, plan.rng("network"), weather(plan))
        self.did: Counter[str] = Counter()
        self.calm = False
        self.keys = KeysChanged((("member", MEMBER), ("observe", OBSERVER)))
        self.twinned: set[str] = set()
        """Names that two factories bore for a while."""
        self.gone: dict[str, float] = {}
        """When a factory gave up a name: it was renamed, or it was a twin."""
        self.waited_seconds = self.network.weather.longest_seconds
        """The longest that a datagram can have been on its way, a paused socket included."""
        self.behaviours = toil.behaviours()
        self.targets = toil.TARGETS if plan.agents else toil.mere_names(plan.rng("targets"))
        self.twins: list[Node] = []
        self.moved: dict[Address, Address] = {}
        """Addresses that were given up, and where who had them is now."""
        self._rng = plan.rng("space")
        self._hosts = itertools.count(1)
        self.nodes: list[Node] = []
        for number in range(plan.factories):
            self.add(f"factory{number}.{SPACE}")

    # --- who is there -----------------------------------------------------------------------------------

    def add(self, name: str) -> Node:
        """Build a factory that lists one before it."""
        rng = self._rng
        peers = (rng.choice(self.nodes).address,) if self.nodes else ()
        node = Node(
            settings=AgentSettings(space=SPACE, factory=name, processors=4, targets=self.targets),
            keys=self.keys,
            address=self.new_address(),
            peers=peers,
            behaviours=self.behaviours,
            clock=self.clock,
            network=self.network,
            rng=Random(rng.random()),
            watch=lambda _name, what, _now: self._see(node, what),
            make=Agent if self.plan.agents else Talker,
            base=rng.uniform(0.0, BASE_SECONDS_MAX),
        )
        self.nodes.append(node)
        return node

    def new_address(self) -> Address:
        """Return an address that nobody has had."""
        number = next(self._hosts)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", PORT

    def went(self, node: Node) -> None:
        """Note that a factory that is down does not come back under its name."""
        self.gone[node.name] = node.stopped_at

    def last_seconds(self) -> dict[str, float]:
        """Return when each name that nobody bears at the moment was borne last."""
        last = dict(self.gone)
        for node in self.nodes:
            last[node.name] = max(last.get(node.name, 0.0), node.stopped_at)
        for node in self.up():
            last.pop(node.name, None)
        return last

    @property
    def names(self) -> set[str]:
        """Return all names that a factory bears or bore."""
        return {node.name for node in self.nodes} | self.gone.keys()

    def up(self) -> list[Node]:
        """Return the factories that run."""
        return [node for node in self.nodes if node.agent is not None]

    def _see(self, node: Node, what: object) -> None:
        for guard in self.guards:
            guard.see(self, node, what)

    # --- what all know ----------------------------------------------------------------------------------

    def look(self) -> None:
        """Have every guard look at all tables, now and every two seconds."""
        for guard in self.guards:
            guard.look(self)
        self.clock.after(LOOK_SECONDS, self.look)

    def same(self) -> bool:
        """Return whether all know the same, and that all others live."""
        marks = {tuple(sync.hashes(table, BUCKETS)) for table in self._tables()}
        return len(marks) == 1 and all(self._all_live(node) for node in self.up())

    def _all_live(self, node: Node) -> bool:
        table = node.agent.gossip.table if node.agent else None
        names = {known.name for known in table.live(node.now)} if table else set()
        return names >= {other.name for other in self.up()}

    def _tables(self) -> Iterator[list[Known]]:
        for node in self.up():
            if node.agent is not None:
                yield list(node.agent.gossip.table.factories.values())

    def _known(self) -> set[str]:
        return {known.name for table in self._tables() for known in table}

    def differing(self) -> list[str]:
        """Return a few names that are not known alike, and how."""
        held: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in self._known()}
        for table in self._tables():
            for known in table:
                held[known.name][known.epoch, known.version] += 1
        count = len(self.up())
        apart = [f"{name}: {dict(of)}" for name, of in held.items() if list(of.values()) != [count]]
        return apart[:3] or [f"not live to {node.name}" for node in self.up() if not self._all_live(node)][:3]
