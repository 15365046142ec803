"""News of others is gathered before the board is looked at, and never looked past."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.decide_space import board, target
from vacnet.agent import news
from vacnet.agent.agent import Agent
from vacnet.agent.events import HoldOrdered, HostChanged
from vacnet.agent.news import GATHER_SECONDS, LEISURE_SECONDS
from vacnet.simulate.run import Scenario, World, run
from vacnet.simulate.toys import Always

ARRIVED = 0.01
"""Long after a datagram has arrived in this network, and before the board is looked at."""
FACTORIES = 30
SECONDS = 60.0


def _said() -> World:
    """Return a space of two in which one has just ordered a hold, and the other has heard of it."""
    idle = target("idle", backoff=600)
    world = run(
        Scenario(factories=2, targets=(idle,), behaviours=lambda: {"idle": Always(300)}, seconds=60.0), 1
    )
    world.nodes[1].tell(HoldOrdered("idle", held=True, reason="bad image"))
    world.clock.run_until(world.clock.now + ARRIVED)
    return world


def test_news_is_looked_at_within_the_time_it_is_gathered() -> None:
    world = _said()
    assert not board(world, 0).ledgers["idle"].hold.held
    world.clock.run_until(world.clock.now + GATHER_SECONDS)
    assert board(world, 0).ledgers["idle"].hold.held


def test_whatever_brings_a_look_about_takes_in_all_that_has_come() -> None:
    world = _said()
    world.nodes[0].tell(HostChanged(board(world, 0).rooms.facts))
    assert board(world, 0).ledgers["idle"].hold.held


def _looks(monkeypatch: pytest.MonkeyPatch) -> float:
    """Return how often a factory of many looks at its board in a second, beside a target without work."""
    looks: Counter[str] = Counter()
    review = Agent._review

    def counted(agent: Agent, now: float) -> None:
        looks[agent.settings.factory] += 1
        review(agent, now)

    monkeypatch.setattr(Agent, "_review", counted)
    idle = target("idle", backoff=2)
    run(
        Scenario(
            factories=FACTORIES, targets=(idle,), behaviours=lambda: {"idle": Always(300)}, seconds=SECONDS
        ),
        1,
    )
    monkeypatch.undo()
    return looks.total() / FACTORIES / SECONDS


def test_the_copies_that_all_make_of_a_window_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = _looks(monkeypatch)
    monkeypatch.setattr(news, "LEISURE_SECONDS", 0.0)
    at_once = _looks(monkeypatch)
    assert gathered < 0.5 * at_once
    assert gathered < 1 / LEISURE_SECONDS + 3
