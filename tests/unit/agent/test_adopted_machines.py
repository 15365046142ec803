"""A machine that an engine shows after the start takes its room at once, as if it had been restored."""

from __future__ import annotations

import random

from vacnet.agent.agent import Agent
from vacnet.agent.effects import StartMachine, Ticket
from vacnet.agent.events import (
    AgentSettings,
    KeysChanged,
    MachineAdopted,
    MachineEnded,
    SettingsChanged,
    Woke,
)
from vacnet.agent.restored import Restored, RestoredMachine
from vacnet.outcomes import Ending, Policy, judge
from vacnet.targets.model import Target

NOW = 1000.0


def _settings(share: float) -> AgentSettings:
    target = Target(name="work", target_share=share)
    return AgentSettings(space="s", factory="f.example", processors=4, targets=(target,))


def _agent() -> Agent:
    """Return an agent that starts nothing by itself: the share of its target is 0."""
    restored = Restored(epoch=1, instance=b"12345678")
    return Agent(_settings(0.0), restored, KeysChanged(()), random.Random(1), NOW)


def _machine(target: str = "work", processors: int = 3) -> RestoredMachine:
    return RestoredMachine(
        uuid="u-1",
        target=target,
        processors=processors,
        created_at=NOW - 50.0,
        started_at=NOW - 40.0,
        proved_at=None,
        ticket=Ticket(0, "", -1),
    )


def _free(agent: Agent) -> int:
    return agent.view(NOW).factories[0].processors_free


def _starts(agent: Agent) -> int:
    """Return how many machines it starts within a while once its target has a share."""
    agent.handle(SettingsChanged(_settings(1.0)), NOW)
    at, starts = NOW, 0
    for _ in range(50):
        at = max(at + 0.1, min(agent.next_timer(), at + 5.0))
        agent.handle(Woke(), at)
        starts += sum(isinstance(effect, StartMachine) for effect in agent.effects())
    return starts


def test_its_processors_are_taken_at_once_and_once_only() -> None:
    agent = _agent()
    agent.handle(MachineAdopted(_machine()), NOW)
    assert _free(agent) == 1
    agent.handle(MachineAdopted(_machine()), NOW)
    assert _free(agent) == 1
    assert agent.view(NOW).targets[0].machines_running == 1


def test_nothing_is_started_on_the_room_that_it_has() -> None:
    crowded, empty = _agent(), _agent()
    crowded.handle(MachineAdopted(_machine(processors=4)), NOW)
    assert _starts(crowded) == 0
    assert _starts(empty) > 0


def test_a_target_that_is_not_offered_any_more_counts_too() -> None:
    agent = _agent()
    agent.handle(MachineAdopted(_machine("gone")), NOW)
    assert _free(agent) == 1
    assert {target.name for target in agent.view(NOW).targets} == {"work", "gone"}


def test_its_end_gives_the_room_back_and_counts() -> None:
    agent = _agent()
    agent.handle(MachineAdopted(_machine()), NOW)
    outcome = judge(Ending(lived_seconds=40.0, message=b"200 done\n"), Policy(fizzle_seconds=600))
    agent.handle(MachineEnded("u-1", outcome, 40.0), NOW + 1)
    assert _free(agent) == 4
    assert [one.code for one in agent.view(NOW + 1).targets[0].outcomes] == [200]
