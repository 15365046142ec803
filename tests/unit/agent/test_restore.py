"""A factory that starts anew knows of its machines what it knew: each life is led twice, and once restored.

Led: a ledger hears of a machine as things happen to it. Restored: an agent begins with what the record keeps
of the same life. Both have to say the same of it to the space.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from msgspec import structs

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Ticket
from vacnet.agent.events import AgentSettings, KeysChanged, MachineEnded, SettingsChanged
from vacnet.agent.ledger import Ledger, new_ledger
from vacnet.agent.own import OwnMachine
from vacnet.agent.restore import restore
from vacnet.agent.restored import Restored, RestoredMachine
from vacnet.decide.blackholes import Suspicion
from vacnet.outcomes import Ending, Policy, judge
from vacnet.space.rows import TargetRow
from vacnet.space.window import Window
from vacnet.targets.model import Target

FIZZLE = 60
TARGET = Target(name="work", target_share=1, fizzle_seconds=FIZZLE, backoff_seconds=600)
WINDOW = Window(number=3, opener="f.example", opened_at=1000.0, length_seconds=600.0, streak=1)
BEGAN = 2000.0
NOW = 3000.0

SAME = (
    "tickets",
    "proofs",
    "noworks",
    "uncontradicted",
    "unproven",
    "proof_at",
    "proof_started_at",
    "proof_age_seconds",
    "nowork_life_seconds",
    "message_code",
    "message_at",
    "error_at",
)
"""Fields of a row that a machine's life alone decides."""


def _past(
    message: str, lived: float, *, proved: float | None = None, ticket: int = 0, stopped: str = ""
) -> RestoredMachine:
    """Return what the record keeps of a machine that began at `BEGAN`; no message: it goes on."""
    ending = Ending(lived_seconds=lived, message=message.encode(), stopped=stopped)
    ended = bool(message or stopped)
    return RestoredMachine(
        uuid=f"u-{ticket}-{lived}",
        target="work",
        processors=1,
        created_at=BEGAN,
        started_at=BEGAN,
        proved_at=None if proved is None else BEGAN + proved,
        ticket=Ticket(*WINDOW.identity, ticket),
        ended_at=BEGAN + lived if ended else None,
        outcome=judge(ending, Policy(fizzle_seconds=FIZZLE)) if ended else None,
    )


def _led(*lives: RestoredMachine) -> Ledger:
    """Return a ledger that was told of each thing when it happened, and woken every second."""
    ledger = new_ledger(TARGET, BEGAN)
    ledger.adopt(WINDOW)
    machines = {one.uuid: _machine(one) for one in lives}
    for machine in machines.values():
        ledger.add(machine, BEGAN)
    for second in range(int(BEGAN), int(NOW) + 1):
        for one in lives:
            if one.proved_at == second:
                ledger.prove(machines[one.uuid], second)
            if one.ended_at == second and one.outcome is not None:
                ledger.end(machines[one.uuid], one.outcome, second - BEGAN, second)
        ledger.pass_time(second)
    return ledger


def _machine(past: RestoredMachine) -> OwnMachine:
    return OwnMachine(past.uuid, "work", 1, past.ticket, past.created_at, started_at=past.started_at)


def _agent(*names: str, **past: object) -> Agent:
    restored = Restored(epoch=1, instance=bytes(8), **past)  # type: ignore[arg-type]
    return Agent(_settings(*names), restored, KeysChanged(()), Random(1), NOW)


def _settings(*names: str) -> AgentSettings:
    targets = tuple(TARGET for name in names if name == "work")
    return AgentSettings(space="s", factory="f.example", processors=4, targets=targets)


def _restored(*lives: RestoredMachine) -> Ledger:
    board = _agent("work").board
    restore(board, Restored(epoch=1, instance=bytes(8), machines=lives, windows={"work": WINDOW}), NOW)
    return board.ledgers["work"]


def _said(ledger: Ledger) -> dict[str, object]:
    row = ledger.row(TargetRow(target="work", window=ledger.window), NOW)
    return {name: getattr(row, name) for name in SAME}


LIVES = {
    "proved by age and drained": [_past("", 100, stopped="drain")],
    "proved by age and ended long after without more work": [_past("300 no more work", 500)],
    "proved by age, which an early 300 takes back": [_past("300 no work", 100)],
    "ended before it proved": [_past("300 no work", 30)],
    "ended badly after it proved by age": [_past("700 broken", 100)],
    "proved by a file and drained": [_past("", 100, proved=20, stopped="drain")],
    "runs and has proved by age": [_past("", 0)],
    "one proved before another failed": [_past("", 0), _past("700 broken", 200, ticket=1)],
    "one proved after another failed": [_past("", 0), _past("700 broken", 20, ticket=1)],
    "the older proof ended last": [
        _past("", 0, proved=400),
        _past("200 done", 300, proved=10, ticket=1),
    ],
    "the message of the one that ended last counts": [
        _past("600 no proxy", 500, proved=10),
        _past("200 done", 300, proved=10, ticket=1),
    ],
}


@pytest.mark.parametrize("name", LIVES)
def test_a_restored_machine_says_what_it_said_before(name: str) -> None:
    assert _said(_restored(*LIVES[name])) == _said(_led(*LIVES[name]))


DRAINED = judge(Ending(lived_seconds=500.0, stopped="drain"), Policy(fizzle_seconds=FIZZLE))


@pytest.mark.parametrize("over", [True, False])
def test_one_that_ended_young_while_no_factory_ran_has_not_proved_by_its_age(*, over: bool) -> None:
    """Its engine shows its end at the start, or is away and shows it later."""
    agent = _agent("work", machines=(replace(_past("", 0), over=over),), windows={"work": WINDOW})
    ledger = agent.board.ledgers["work"]
    if over:
        assert (_said(ledger)["proofs"], ledger.verdict_at) == (0, None)
    agent.handle(MachineEnded("u-0-0", DRAINED, 5.0), NOW + 1.0)
    assert (_said(ledger)["proofs"], "u-0-0" in ledger.machines) == (0, False)


@pytest.mark.parametrize("started_at", [BEGAN, None])
def test_one_that_came_of_age_while_no_factory_ran_has_proved_when_its_end_is_told(
    started_at: float | None,
) -> None:
    """A kill may have kept its start from being written."""
    past = replace(_past("", 0), over=True, started_at=started_at)
    agent = _agent("work", machines=(past,), windows={"work": WINDOW})
    agent.handle(MachineEnded("u-0-0", DRAINED, 500.0), NOW + 1.0)
    ledger = agent.board.ledgers["work"]
    assert (_said(ledger)["proofs"], "u-0-0" in ledger.machines) == (1, True)


def test_noworks_of_machines_that_had_proved_open_no_window_after_a_restart() -> None:
    """Pilots that ran out of work after hours: as many of them as would open a window in an open target."""
    ended = [_past("300 no more work", 500 + number, ticket=-1) for number in range(4)]
    window = structs.replace(WINDOW, open=True)
    agent = _agent("work", machines=tuple(ended), windows={"work": window})
    assert agent.board.ledgers["work"].window == window


def test_the_past_of_a_target_that_a_pipe_brings_later_is_not_lost() -> None:
    suspicion = Suspicion(count=1, since=2900.0, until=9000.0)
    agent = _agent(windows={"work": WINDOW}, suspicions={"work": suspicion})
    agent.handle(SettingsChanged(_settings("work")), NOW)
    ledger = agent.board.ledgers["work"]
    assert (ledger.window, ledger.suspicion) == (WINDOW, suspicion)


def test_the_window_of_a_target_of_which_only_a_machine_is_left_is_not_lost() -> None:
    agent = _agent(machines=(_past("", 0),), windows={"work": WINDOW})
    assert agent.board.ledgers["work"].window.identity == WINDOW.identity
