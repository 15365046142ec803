"""A watched site of real agents, seen through the eyes of the first of them."""

from __future__ import annotations

from collections import deque

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Decided, Notify, StartMachine
from vacnet.agent.events import MachineEnded
from vacnet.agent.restored import RestoredMachine
from vacnet.agent.view import SpaceView
from vacnet.agent.why import Why
from vacnet.decide.reasons import Decision
from vacnet.simulate.node import Node
from vacnet.simulate.run import Scenario, World
from vacnet.simulate.watched.toy import EVENTS_KEPT, ToyEvent, ToyMachine
from vacnet.simulate.whatif.agents import BOOT_SECONDS, settings_of
from vacnet.simulate.whatif.behaving import behaviours
from vacnet.simulate.whatif.site import Site

FACTORIES_MAX = 60
"""So many, at ten times the speed of life, take one core (measured)."""
NAME_DIGITS = 2


class _Eyes:
    """Sees what the first factory is told and does."""

    def __init__(self, factory: str) -> None:
        """Look at one factory."""
        self._factory = factory
        self.events: deque[ToyEvent] = deque(maxlen=EVENTS_KEPT)
        self.decision: tuple[float, Decision] | None = None

    def see(self, factory: str, what: object, now: float) -> None:
        """Take in one thing."""
        if factory != self._factory:
            return
        if isinstance(what, Decided):
            self.decision = (now, what.decision)
        elif isinstance(what, Notify):
            self.events.append(ToyEvent(now, what.name, dict(what.fields), what.warning))
        elif isinstance(what, StartMachine):
            fields: dict[str, object] = {"target": what.target.name, "machine": what.uuid}
            self.events.append(ToyEvent(now, "machine.starting", fields))
        elif isinstance(what, MachineEnded):
            self.events.append(ToyEvent(now, "machine.ended", _end(what)))

    def finish(self, nodes: object, seed: int) -> None:
        """Promise nothing."""


class WatchedAgents:
    """A site of real agents; see `toy.Watched`."""

    def __init__(self, site: Site, seed: int) -> None:
        """Build it; nobody is up yet."""
        scenario = Scenario(
            factories=site.factories,
            targets=site.targets,
            behaviours=lambda: behaviours(site, seed),
            weather=site.weather,
        )
        self._targets = {target.name: target for target in site.targets}
        self._world = World(scenario, seed, ())
        self._eyes = _Eyes(self.here)
        self._world.checkers = (self._eyes,)
        for node, kind in zip(self._world.nodes, site.each(), strict=True):
            node.settings = settings_of(node.settings, kind)
            self._world.clock.after(self._world.rng.uniform(0.0, BOOT_SECONDS), node.boot)
        self._world.clock.run_until(BOOT_SECONDS)

    @property
    def now(self) -> float:
        """Return virtual seconds since its beginning."""
        return self._world.clock.now

    @property
    def here(self) -> str:
        """Return the first factory."""
        return self._world.nodes[0].settings.factory

    def run_until(self, now: float) -> None:
        """Let time pass."""
        self._world.clock.run_until(now)

    def view(self) -> SpaceView:
        """Return the space as the first factory sees it."""
        node, agent = self._first()
        return agent.view(node.now)

    def machines(self, factory: str) -> list[ToyMachine]:
        """Return the machines that a factory's disk knows."""
        node = next((node for node in self._world.nodes if node.settings.factory == factory), None)
        if node is None:
            return []
        return [self._toy(node, number, one) for number, one in enumerate(node.disk.machines.values())]

    def events(self) -> list[ToyEvent]:
        """Return what happened on the first factory since the last call."""
        seen = list(self._eyes.events)
        self._eyes.events.clear()
        return seen

    def decision(self) -> tuple[float, Decision] | None:
        """Return when the first factory decided last, and what."""
        return self._eyes.decision

    def why(self, target: str) -> Why | None:
        """Return the reasons of the first factory."""
        node, agent = self._first()
        return agent.why(target, node.now)

    def _first(self) -> tuple[Node, Agent]:
        node = self._world.nodes[0]
        if not isinstance(node.agent, Agent):
            raise TypeError("the first factory of a watched site is never down")
        return node, node.agent

    def _toy(self, node: Node, number: int, one: RestoredMachine) -> ToyMachine:
        host, _, domain = node.settings.factory.partition(".")
        ticket = one.ticket.number
        return ToyMachine(
            id=one.uuid,
            name=f"{host}-{number:0{NAME_DIGITS}}.{domain}",
            target=self._targets[one.target],
            processors=one.processors,
            created_at=one.created_at - node.base,
            started_at=None if one.started_at is None else one.started_at - node.base,
            deadline_at=one.deadline_at - node.base,
            ticket=ticket,
            proven=one.proved_at is not None,
            ended_at=None if one.ended_at is None else one.ended_at - node.base,
            outcome=one.outcome.kind.value if one.outcome else "",
            message=f"{one.outcome.message.code}" if one.outcome else "",
        )


def _end(what: MachineEnded) -> dict[str, object]:
    outcome = what.outcome
    return {"outcome": outcome.kind.value, "message": str(outcome.message.code), "machine": what.uuid}
