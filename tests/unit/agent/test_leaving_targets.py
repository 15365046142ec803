"""A target that is no longer offered stays as long as machines of it are left, and not a moment longer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Ticket
from vacnet.agent.events import (
    AgentSettings,
    Event,
    KeysChanged,
    MachineAdopted,
    MachineEnded,
    MachineNotMade,
    SettingsChanged,
)
from vacnet.agent.restored import Restored, RestoredMachine
from vacnet.outcomes import Ending, Policy, judge
from vacnet.space.window import Window
from vacnet.targets.model import Target

NOW = 1000.0
DONE = judge(Ending(lived_seconds=40.0, message=b"200 done\n"), Policy(fizzle_seconds=600))
EMPTY = judge(Ending(lived_seconds=40.0, message=b"300 no work\n"), Policy(fizzle_seconds=600))
BACK_OFF_SECONDS = 600
ENDS: list[Event] = [MachineEnded("u-1", DONE, 40.0), MachineNotMade("u-1", "no room for it", 60.0)]


def _settings(*names: str) -> AgentSettings:
    longest = 8 * BACK_OFF_SECONDS
    targets = tuple(
        Target(name=name, backoff_seconds=BACK_OFF_SECONDS, backoff_max_seconds=longest) for name in names
    )
    return AgentSettings(space="s", factory="f.example", processors=4, targets=targets)


def _agent(*names: str, restored: Restored | None = None) -> Agent:
    past = restored or Restored(epoch=1, instance=b"12345678")
    return Agent(_settings(*names), past, KeysChanged(()), Random(1), NOW)


def _machine(*, ended: bool = False) -> RestoredMachine:
    return RestoredMachine(
        uuid="u-1",
        target="work",
        processors=1,
        created_at=NOW - 50.0,
        started_at=NOW - 40.0,
        proved_at=None,
        ticket=Ticket(1, "f.example", 0),
        outcome=DONE if ended else None,
        ended_at=NOW - 1.0 if ended else None,
    )


def _shown(agent: Agent) -> list[str]:
    return [target.name for target in agent.view(NOW).targets]


def _told(agent: Agent) -> dict[str, bool]:
    """Return which targets this factory has rows of, and whether they say that it is there no more."""
    return {name: row.gone for name, row in agent.gossip.table.me.targets.items()}


@pytest.mark.parametrize("end", ENDS)
def test_it_is_forgotten_with_the_end_of_its_last_machine(end: Event) -> None:
    agent = _agent("work", "other")
    agent.handle(MachineAdopted(_machine()), NOW)
    agent.handle(SettingsChanged(_settings("other")), NOW)
    assert _shown(agent) == ["other", "work"]
    agent.handle(end, NOW + 1)
    assert _shown(agent) == ["other"]
    assert _told(agent) == {"other": False, "work": True}


def test_its_last_machine_opens_the_window_that_its_definition_says() -> None:
    """Else a target with a long back-off would be probed again after the ten seconds that are built in."""
    window = Window(number=1, opener="f.example", opened_at=0.0, length_seconds=60.0, streak=1)
    agent = _agent("work", restored=Restored(epoch=1, instance=bytes(8), windows={"work": window}))
    agent.handle(MachineAdopted(_machine()), NOW)
    agent.handle(SettingsChanged(_settings()), NOW)
    agent.handle(MachineAdopted(replace(_machine(), uuid="u-2")), NOW)
    ledger = agent.board.ledgers["work"]
    agent.handle(MachineEnded("u-1", EMPTY, 40.0), NOW + 1)
    assert (ledger.window.number, ledger.window.length_seconds) == (2, 2 * BACK_OFF_SECONDS)


def test_one_that_only_a_machine_of_the_past_brings_is_what_it_was_when_that_was_made() -> None:
    agent = _agent("other")
    made_by = Target(name="work", backoff_seconds=BACK_OFF_SECONDS, target_share=3.0)
    agent.handle(MachineAdopted(replace(_machine(), definition=made_by)), NOW)
    found = agent.board.ledgers["work"].target
    assert (found.backoff_seconds, found.target_share) == (BACK_OFF_SECONDS, 0.0)


def test_it_stays_when_it_is_offered_again_in_the_meantime() -> None:
    agent = _agent("work")
    agent.handle(MachineAdopted(_machine()), NOW)
    agent.handle(SettingsChanged(_settings()), NOW)
    agent.handle(SettingsChanged(_settings("work")), NOW)
    agent.handle(ENDS[0], NOW + 1)
    assert _shown(agent) == ["work"]


def test_a_machine_of_a_target_that_was_never_offered_takes_it_along() -> None:
    agent = _agent("other")
    agent.handle(MachineAdopted(_machine()), NOW)
    assert _shown(agent) == ["other", "work"]
    agent.handle(ENDS[0], NOW + 1)
    assert _shown(agent) == ["other"]


def test_what_ended_of_it_before_a_restart_does_not_bring_it_back() -> None:
    window = Window(number=1, opener="f.example", opened_at=NOW - 60.0, length_seconds=60.0, streak=1)
    past = Restored(epoch=1, instance=b"12345678", machines=(_machine(ended=True),), windows={"work": window})
    assert _shown(_agent("other", restored=past)) == ["other"]


def test_what_is_known_of_it_comes_back_with_it_and_of_what_was_never_tried_nothing_is_kept() -> None:
    window = Window(7, "f.example", NOW, 600.0, 2)
    agent = _agent("work", "new", restored=Restored(epoch=1, instance=b"12345678", windows={"work": window}))
    agent.handle(SettingsChanged(_settings()), NOW)
    assert list(agent.board.pasts) == ["work"]
    agent.handle(SettingsChanged(_settings("work", "new")), NOW)
    assert agent.board.ledgers["work"].window == window
