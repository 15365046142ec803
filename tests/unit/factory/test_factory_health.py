"""What a factory tells monitors of itself: conditions by stable names, and numbers."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from types import MappingProxyType

import msgspec

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Ticket
from vacnet.agent.events import AgentSettings, HostChanged, HostFacts, KeysChanged
from vacnet.agent.own import OwnMachine
from vacnet.agent.restored import Restored
from vacnet.agent.view import FactoryView
from vacnet.console.health_conditions import TROUBLES
from vacnet.decide.blackholes import Suspicion
from vacnet.factory.health import TOPICS, conditions, numbers
from vacnet.factory.host import NO_RUNTIME
from vacnet.factory.warned import Warnings
from vacnet.targets.model import Model, Target

NOW = 1000.0


def _agent(facts: HostFacts, suspicions: dict[str, Suspicion] | None = None) -> Agent:
    settings = AgentSettings(
        space="s", factory="f0", processors=4, targets=(Target(name="a", target_share=1.0),)
    )
    restored = Restored(epoch=1, instance=bytes(8), suspicions=suspicions or {})
    agent = Agent(settings, restored, KeysChanged(()), Random(0), NOW)
    agent.handle(HostChanged(facts), NOW)
    return agent


def _warned(**lines: str) -> Warnings:
    warned = Warnings(lambda _topic, _line: None, lambda _topic: None, lambda: NOW)
    for topic, line in lines.items():
        warned.replace(topic, (line,))
    return warned


def _told(agent: Agent, warned: Warnings | None = None) -> dict[str, str]:
    return {one.name: one.words for one in conditions(agent, warned or _warned(), NOW)}


def test_a_well_factory_has_none() -> None:
    assert _told(_agent(HostFacts())) == {}


def test_vetoes_topics_and_engines_are_told_by_name() -> None:
    away = MappingProxyType({Model.PROCESS: "no bubblewrap", Model.VM: f"{NO_RUNTIME} for it"})
    agent = _agent(HostFacts(draining="draining: new DIMMs", engines_away=away))
    told = _told(agent, _warned(settings="line 3 is wrong", override="o is in force"))
    assert told == {
        "draining": "draining: new DIMMs",
        "settings": "line 3 is wrong",
        "override": "o is in force",
        "engine": "process: no bubblewrap",
    }


def test_bad_settings_at_the_start_are_told_as_a_restriction_alone() -> None:
    assert _told(_agent(HostFacts(settings_bad="the last good ones stand"))) == {}


def test_a_host_that_suspects_itself_is_told_as_a_black_hole() -> None:
    suspicion = Suspicion(count=1, since=NOW, until=NOW + 600.0, failed=5.0, tried=5.0)
    assert "suspects itself" in _told(_agent(HostFacts(), {"a": suspicion}))["black-hole"]


def _tried(agent: Agent, *, waits: list[float]) -> dict[str, str]:
    """Try to make machines of target `a` that cannot be had, one after the other."""
    ledger = agent.board.ledgers["a"]
    for number, seconds in enumerate(waits):
        ledger.drop(f"u{number}", "https://example.org/i.img: HTTP 404", seconds, NOW)
    return _told(agent)


def test_a_target_that_cannot_be_made_is_told_when_it_is_no_hiccup() -> None:
    agent = _agent(HostFacts())
    assert _tried(agent, waits=[10.0, 20.0, 40.0]) == {}
    assert "HTTP 404" in _tried(agent, waits=[80.0])["not-made"]


def test_a_target_that_could_not_be_made_is_well_when_a_machine_runs_or_nobody_tried_for_long() -> None:
    agent = _agent(HostFacts())
    _tried(agent, waits=[80.0])
    ledger = agent.board.ledgers["a"]
    assert ledger.cannot_be_made(NOW + 100.0)
    assert not ledger.cannot_be_made(NOW + 200.0)
    ledger.begin(OwnMachine("u9", "a", 1, Ticket(0, "", 0), created_at=NOW), NOW)
    assert _told(agent) == {}


def test_every_topic_has_its_place_in_the_table_of_monitors() -> None:
    assert set(TOPICS) <= set(TROUBLES)


def _view(name: str, state: str, *, itself: bool = False) -> FactoryView:
    values: dict[str, object] = dict.fromkeys(FactoryView.__dataclass_fields__, 0)
    values |= {"name": name, "state": state, "itself": itself, "machines_running": 3, "processors_total": 4}
    return FactoryView(**values)  # type: ignore[arg-type]


def test_peers_are_counted_and_those_that_are_quiet_are_named(tmp_path: Path) -> None:
    views = (
        _view("f0", "live", itself=True),
        _view("f1", "live"),
        _view("f2", "silent"),
        _view("f3", "departed"),
    )
    found = numbers(views, ("f9",), tmp_path, 7)
    assert (found.peers_live, found.peers_silent, found.peers_unheard) == (1, ("f2",), ("f9",))
    assert (found.machines_running, found.dropped_last_hour) == (3, 7)
    assert 0 < found.disk_free_bytes <= found.disk_total_bytes
    assert found.disk_total_bytes == os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found
