"""By which rules a space decides: the lowest that a live factory tells, chosen where the board decides."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.unit.space.net import Net, space
from vacnet.agent import rules
from vacnet.agent.agent import Agent
from vacnet.agent.board import Board
from vacnet.agent.events import AgentSettings, HostChanged, HostFacts, KeysChanged, Woke
from vacnet.agent.host import Host
from vacnet.agent.restored import Restored
from vacnet.agent.rules import Rules
from vacnet.agent.strips import Strips
from vacnet.agent.view import SpaceView
from vacnet.agent.viewing import Sight, Starts, space_view
from vacnet.decide.reasons import Decision, Reason
from vacnet.simulate.run import Scenario, World
from vacnet.simulate.talker import Talker
from vacnet.space.rows import FactoryRow

SETTINGS = AgentSettings(space="s", factory="f0", processors=4)


def _tells(net: Net, name: str, version: int) -> None:
    row = FactoryRow(name=name, instance=net.gossip(name).table.me.row.instance, rule_version=version)
    net.gossip(name).set_factory_row(row, net.now, urgent=True)
    net.collect(net.nodes[name])
    net.run(3.0)


def _by(version: int) -> object:
    def decide(board: Board, vetoes: tuple[Reason, ...], now: float) -> Decision:
        return replace(board.review(vetoes, now), chosen=f"by rule {version}")

    return decide


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    """Three factories of a release that has rules 1 and 2, of which f0 decides."""
    monkeypatch.setattr(rules, "BY_VERSION", {1: _by(1), 2: _by(2)})
    made = space(3)
    for name in made.nodes:
        _tells(made, name, 2)
    return made


def _decided(net: Net) -> str:
    return Rules().decide(Board(SETTINGS, net.gossip("f0").table, Random(0)), (), net.now).chosen


def _view(net: Net) -> SpaceView:
    table = net.gossip("f0").table
    board = Board(SETTINGS, table, Random(0))
    return space_view(Sight(table, board, Host(SETTINGS, net.now), Strips(), Starts()), net.now)


def test_one_factory_that_was_not_updated_holds_the_space_to_its_rule_until_it_is(net: Net) -> None:
    assert _decided(net) == "by rule 2"
    _tells(net, "f2", 1)
    assert _decided(net) == "by rule 1"
    _tells(net, "f2", 2)
    assert _decided(net) == "by rule 2"


def test_who_is_silent_or_has_left_or_has_told_nothing_holds_nobody(net: Net) -> None:
    _tells(net, "f1", 1)
    _tells(net, "f2", 1)
    net.stop("f1")
    net.gossip("f2").goodbye(net.now)
    net.collect(net.nodes["f2"])
    net.run(20.0)
    assert _decided(net) == "by rule 2"
    late = net.gossip("f0").table.add("late", 1, net.now)
    assert late is not None
    assert (late.row_version, late.row.rule_version) == (0, 1)
    assert _decided(net) == "by rule 2"


@pytest.mark.parametrize(("told", "followed"), [(0, 1), (3, 2)])
def test_a_version_that_is_not_of_this_release_is_followed_as_nearly_as_it_can_be(
    net: Net, told: int, followed: int
) -> None:
    _tells(net, "f1", told)
    assert _decided(net) == f"by rule {followed}"


def test_what_the_space_decides_by_is_shown_and_who_holds_it_back_and_what_to_do(net: Net) -> None:
    assert _view(net).rule_version == 2
    assert not any(one.note for one in _view(net).factories)
    _tells(net, "f1", 1)
    seen = {one.name: one for one in _view(net).factories}
    assert _view(net).rule_version == 1
    assert {name: one.rule_version for name, one in seen.items()} == {"f0": 2, "f1": 1, "f2": 2}
    assert seen["f1"].note == "decides by rule 1, and so does the space; others have 2: update it"
    assert not seen["f2"].note


def test_a_rule_that_this_release_lacks_is_a_warning_and_one_that_it_has_is_none(net: Net) -> None:
    assert [rules.trouble(version) for version in (1, 2)] == ["", ""]
    _tells(net, "f1", 0)
    assert "update the others" in rules.trouble(_view(net).rule_version)


def test_what_was_looked_up_once_holds_until_somebody_tells_another_or_is_there_no_more(net: Net) -> None:
    table = net.gossip("f0").table
    board, asked = Board(SETTINGS, table, Random(0)), Rules()
    assert asked.decide(board, (), net.now).chosen == "by rule 2"
    _tells(net, "f1", 1)
    asked.heard(table.factories["f2"])
    assert asked.decide(board, (), net.now).chosen == "by rule 2", "f2 has said nothing new of its rule"
    asked.heard(table.factories["f1"])
    assert asked.decide(board, (), net.now).chosen == "by rule 1"
    net.stop("f1")
    net.run(20.0)
    board.outlook.look_around()
    assert asked.decide(board, (), net.now).chosen == "by rule 2"


def test_an_agent_tells_the_newest_rule_it_has_and_decides_by_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "BY_VERSION", {1: _by(1), 2: _by(2)})
    agent = Agent(SETTINGS, Restored(epoch=1, instance=bytes(8)), KeysChanged(()), Random(1), 1000.0)
    agent.handle(Woke(0.0), 1000.0)
    assert agent.gossip.table.me.row.rule_version == 2
    assert agent.decision.chosen == "by rule 2"


def test_an_agent_changes_its_rule_when_another_says_that_it_has_a_newer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "BY_VERSION", {1: _by(1), 2: _by(2)})
    world = World(Scenario(factories=2), 1, ())
    here, there = world.nodes
    there.make = Talker
    for node in world.nodes:
        node.boot()
    for version in (1, 2, 1):
        assert isinstance(there.agent, Talker)
        there.agent.restate(there.now, version)
        there.carry_out()
        world.clock.run_until(world.clock.now + 10.0)
        here.tell(HostChanged(HostFacts()))
        assert isinstance(here.agent, Agent)
        assert here.agent.decision.chosen == f"by rule {version}"


def test_a_release_carries_the_rule_before_its_newest_too() -> None:
    assert {rules.newest(), max(1, rules.newest() - 1)} <= set(rules.BY_VERSION)
