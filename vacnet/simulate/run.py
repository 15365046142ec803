"""Run: a scenario and a seed give a report, the same one every time.

Rules of this file: everything random comes from the seed; faults come first, then calm, and the checkers
are asked at the end of it. A failing seed is replayed by the same call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from vacnet.agent.events import AgentSettings, KeysChanged
from vacnet.simulate.checkers import Checker, tables_of
from vacnet.simulate.clock import Clock
from vacnet.simulate.network import Network, Weather
from vacnet.simulate.node import Node
from vacnet.simulate.toys import Behaviour
from vacnet.space.address import Address
from vacnet.targets.model import Target

PORT = 8884
SECRET = bytes(range(32))
ARRIVAL_SECONDS = 10.0
"""Rows that wait to be told together wait two seconds; a sync repairs what was lost within a few more."""
STEP_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What happens in a simulated space."""

    factories: int = 3
    processors: int = 4
    targets: tuple[Target, ...] = ()
    behaviours: Callable[[], dict[str, Behaviour]] = dict
    """Makes fresh payloads for each run, by target."""
    weather: Weather = field(default_factory=Weather)
    faults: tuple[tuple[float, Callable[[World], None]], ...] = ()
    """When and what: a function of the world."""
    seconds: float = 300.0
    calm_seconds: float = 30.0
    """At the end, with good weather and no partition."""


class World:
    """A simulated space while it runs."""

    def __init__(self, scenario: Scenario, seed: int, checkers: tuple[Checker, ...]) -> None:
        """Build all nodes; nothing runs yet."""
        self.scenario = scenario
        self.rng = Random(seed)
        self.clock = Clock()
        self.network = Network(self.clock, Random(self.rng.random()), scenario.weather)
        self.behaviours = scenario.behaviours()
        self.checkers = checkers
        self.nodes = [self._node(number) for number in range(scenario.factories)]

    def _node(self, number: int) -> Node:
        settings = AgentSettings(
            space="sim.example.org",
            factory=factory_name(number),
            processors=self.scenario.processors,
            targets=self.scenario.targets,
        )
        return Node(
            settings=settings,
            keys=KeysChanged((("member", SECRET),)),
            address=address_of(number),
            peers=() if number == 0 else (address_of(0),),
            behaviours=self.behaviours,
            clock=self.clock,
            network=self.network,
            rng=Random(self.rng.random()),
            watch=self._watch,
        )

    def _watch(self, factory: str, what: object, now: float) -> None:
        for checker in self.checkers:
            checker.see(factory, what, now)

    def calm(self) -> None:
        """End all faults: good weather, no partition, every factory up."""
        self.network.weather = Weather()
        self.network.partition()
        for node in self.nodes:
            if node.agent is None:
                node.boot()


def factory_name(number: int) -> str:
    """Return the name of a simulated factory."""
    return f"factory{number}.sim.example.org"


def address_of(number: int) -> Address:
    """Return the address of a simulated factory."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{(number & 255)}", PORT


def _let_arrive(world: World) -> None:
    """Let what is on its way arrive: a space at work changes rows at every moment, told within seconds."""
    for _ in range(round(ARRIVAL_SECONDS / STEP_SECONDS)):
        if len(set(tables_of(world.nodes).values())) <= 1:
            return
        world.clock.run_until(world.clock.now + STEP_SECONDS)


def run(scenario: Scenario, seed: int, *checkers: Checker) -> World:
    """Run a scenario and return the world as it is in the end.

    Raises:
        BrokenPromiseError: a checker has seen a promise broken; the message names the seed.
    """
    world = World(scenario, seed, checkers)
    for node in world.nodes:
        world.clock.after(world.rng.uniform(0.0, 1.0), node.boot)
    for time, fault in scenario.faults:
        world.clock.at(time, partial(fault, world))
    world.clock.run_until(scenario.seconds)
    world.calm()
    world.clock.run_until(scenario.seconds + scenario.calm_seconds)
    _let_arrive(world)
    for checker in checkers:
        checker.finish(world.nodes, seed)
    return world
