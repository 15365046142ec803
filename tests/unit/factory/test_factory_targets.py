"""How many targets a factory offers: its rows have room for so many, wherever the targets come from."""

from __future__ import annotations

from random import Random

import msgspec

from vacnet.agent.agent import Agent
from vacnet.agent.events import AgentSettings, KeysChanged, SettingsChanged
from vacnet.agent.restored import Restored
from vacnet.factory.settings import all_targets, too_many
from vacnet.space.limits import TARGETS_MAX
from vacnet.targets.model import Settings, Target
from vacnet.targets.pipe import PipeReading
from vacnet.targets.settings import Host, SourceFile, read_settings

HOST = Host(
    node_name="f.example.org",
    processors=4,
    state_directory="/var/lib/vacnet",
    runtime_directory="/run/vacnet",
    config_directory="/etc/vacnet",
)
KEYS = KeysChanged((("member", bytes(32)),))


def _targets(first: int, count: int) -> tuple[Target, ...]:
    return tuple(Target(name=f"t{number}") for number in range(first, first + count))


def _site(count: int) -> Settings:
    file = SourceFile("/etc/vacnet/vacnet.toml", b'[space]\nname = "s"\n')
    settings = read_settings([file], HOST).settings
    assert settings is not None
    return msgspec.structs.replace(settings, targets=_targets(0, count))


def test_as_many_as_its_rows_have_room_for_are_offered_and_the_rest_is_told() -> None:
    site = _site(100)
    two = {"a": PipeReading(targets=_targets(90, 110)), "b": PipeReading(targets=_targets(200, 100))}
    assert all_targets(site, two) == _targets(0, TARGETS_MAX)
    (line,) = too_many(site, two)
    assert line.startswith("300 targets are defined and 256 are offered, pipes last: t256 is the first")
    one = {"a": two["a"]}
    assert (len(all_targets(site, one)), too_many(site, one)) == (200, ())


def _agent(targets: tuple[Target, ...]) -> Agent:
    settings = AgentSettings(space="s", factory="f", processors=4, targets=targets)
    return Agent(settings, Restored(epoch=1, instance=b"i" * 8), KEYS, Random(1), 0.0)


def test_one_renamed_of_as_many_as_there_can_be_is_told_of_at_once() -> None:
    agent = _agent(_targets(0, TARGETS_MAX))
    renamed = AgentSettings(space="s", factory="f", processors=4, targets=_targets(1, TARGETS_MAX))
    agent.handle(SettingsChanged(renamed), 1.0)
    assert agent.gossip.table.me.targets.keys() == {target.name for target in renamed.targets}


def test_more_than_that_end_no_factory() -> None:
    agent = _agent(_targets(0, TARGETS_MAX + 10))
    assert len(agent.gossip.table.me.targets) == TARGETS_MAX
