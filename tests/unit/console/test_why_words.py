"""`vacnet why` as text, in every state of a window; the page in docs/ shows one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.console import goldens
from tests.unit.console.scenes import NOW
from vacnet.agent.bid import Step
from vacnet.agent.why import Candidate, FactoryHas, Growth, Why, WindowFacts
from vacnet.console.why_brief import REMEDIES, STANDS_ON, VERDICTS, answer
from vacnet.console.why_words import past, proof
from vacnet.decide.reasons import Decision, Reason
from vacnet.decide.shares import Choice, Lack
from vacnet.factory.client import DecisionState

PAGE = Path(__file__).parents[3] / "docs" / "why.md"
SOURCES = Path(__file__).parents[3] / "vacnet"
NAMES = ("vac01.example.org", "vac02.example.org", "vac03.example.org")
LOTS = ("358baed30bab630a", "85e627dab4f62cec", "a51052e40da0c508")

HAS = FactoryHas(
    factory=NAMES[0],
    live=True,
    weight=1.0,
    machines_running=0,
    machines_starting=0,
    processors=0,
    can=2,
    proven=0,
    unproven=0,
    proofs=0,
    noworks=0,
    uncontradicted=0,
    tickets=(),
    claim=-1,
    kept=0,
    last_code=0,
    last_ago=None,
    error_code=0,
    error_ago=None,
)
WINDOW = WindowFacts(
    number=3,
    opener=NAMES[2],
    opened_ago=3.4,
    length=20.0,
    streak=3,
    open=False,
    state="back-off",
    ends_in=16.6,
    gain=1,
    proofs=0,
    noworks=0,
    uncontradicted=0,
    unproven=0,
    tickets_out=0,
)
LOT = Lack(target="worker", group="worker", share=1.0, due=11.0, running=5.0, weight=6.0)
DRAWN = Choice(lots=(LOT,), running=5.0, free=6.0, mark=0.3, chosen="worker")
IDLE = Why(
    target="idle",
    factory=NAMES[0],
    share=1.0,
    group="idle",
    hold=None,
    window=WINDOW,
    has=(
        HAS,
        replace(HAS, factory=NAMES[1], can=3),
        replace(HAS, factory=NAMES[2], can=3, last_code=300, last_ago=3.4),
    ),
    next_ticket=0,
    candidates=tuple(Candidate(*row) for row in zip(NAMES, LOTS, range(3), strict=True)),
    growth=None,
    kept=None,
    reason=Reason("idle", "window.back-off", f"back-off: {NAMES[2]} opened window 3, 16s left"),
    vetoes=(),
    choice=DRAWN,
    choice_ago=2.1,
)
BUSY = (
    replace(HAS, machines_running=3, processors=3, can=0, proofs=2, unproven=1, tickets=(0, 2, 4, 5, 6)),
    replace(HAS, factory=NAMES[1], live=False, machines_running=2, processors=2, noworks=1, can=0),
    replace(HAS, factory=NAMES[2], machines_starting=1, processors=1, error_code=500, error_ago=9.0),
)
GROWING = replace(
    IDLE,
    target="worker",
    window=replace(WINDOW, state="growing", ends_in=-61.0, proofs=2, noworks=1, tickets_out=5, streak=1),
    has=BUSY,
    next_ticket=1,
    candidates=(Candidate(NAMES[2], LOTS[2], 0),),
    reason=Reason("worker", "ticket.waiting", "ticket 1: rank 2 of 2, waiting"),
    vetoes=(Reason("", "host.draining", "draining since 11:40: new \x1b[2J DIMMs"),),
    choice=replace(
        DRAWN,
        lots=(
            replace(LOT, share=3.0, group="work", due=9.0, running=6.0, weight=2.0),
            Lack("other", "work", 1.0, 3.0, 4.0, 0.0),
        ),
    ),
)
SCENES = {
    "back-off": IDLE,
    "probing": replace(
        IDLE, window=replace(WINDOW, state="probing", ends_in=-0.5), candidates=(), next_ticket=0
    ),
    "growing": GROWING,
    "all-taken": replace(GROWING, next_ticket=-1, candidates=(), vetoes=(), reason=None),
    "open": replace(
        GROWING,
        window=replace(GROWING.window, state="open", open=True, number=0),
        growth=Growth(processors=12, proven=4, allowance=4.0, unproven=1, candidates=2, chance=1.0),
        choice=None,
    ),
}
DECISION = Decision(
    at=1.0,
    chosen="worker",
    reasons=(
        Reason("worker", "chosen", "claims ticket 3 for 1 processor, rank 1"),
        Reason("idle", "window.back-off", f"back-off: {NAMES[2]} opened window 3, 16s left"),
    ),
    choice=IDLE.choice,
)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize(("form", "told"), [("why-brief", answer), ("why", proof)])
def test_the_answer_at_a_glance_and_the_proof_read_as_they_did(
    form: str, told: Callable[[Why, int], str], scene: str, width: int
) -> None:
    text = told(SCENES[scene], width)
    goldens.check(f"{form}-{scene}-{width}", text + "\n")
    assert "\x1b" not in text


def test_prose_is_broken_to_the_width_of_the_terminal() -> None:
    assert all(len(line) <= 80 for line in proof(IDLE, 80).splitlines())


def test_an_open_target_that_nobody_can_start_divides_by_nothing() -> None:
    growth = Growth(processors=12, proven=4, allowance=4.0, unproven=0, candidates=0, chance=1.0)
    text = proof(replace(SCENES["open"], growth=growth), 100)
    assert "nobody draws: `can` is 0 on every factory" in text
    assert "/ 0" not in text


def test_what_holds_the_whole_host_is_told_once() -> None:
    draining = "draining since 11:40: new DIMMs"
    why = replace(
        IDLE,
        vetoes=(Reason("", "host.draining", draining),),
        reason=Reason("idle", "host.veto", draining),
    )
    assert proof(why, 100).count(draining) == 1
    assert "host.veto" not in proof(why, 100)


def test_what_settles_it_stands_alone_and_the_rest_is_a_word_away() -> None:
    drained = replace(IDLE, vetoes=(Reason("", "host.draining", "draining: new DIMMs"),))
    lines = answer(drained, 100).splitlines()
    assert lines[0].endswith(": nothing is started here now")
    assert lines[1] == "Here     draining: new DIMMs (host.draining)"
    assert not any(line.startswith(("Window", "Tickets", "Share")) for line in lines)
    assert lines[-2:] == [
        "Do       `vacnet undrain` takes it back",
        "More     `vacnet why idle --full`: the whole proof, number by number",
    ]


def test_what_helps_is_told_of_each_thing_that_is_against_it() -> None:
    vetoes = (Reason("", "host.overload", "load 9"), Reason("", "host.draining", "draining"))
    told = answer(replace(IDLE, vetoes=vetoes, reason=Reason("idle", "hold.here", "held")), 100)
    assert "Do       `vacnet undrain` takes it back\n         `vacnet target release idle --reason" in told


def test_in_back_off_the_window_is_told_whatever_else_is_against_it() -> None:
    told = answer(replace(IDLE, reason=Reason("idle", "fit.none", "no room: needs 1 processor, 0 free")), 100)
    assert "\nWindow   number 3" in told


@pytest.mark.parametrize(
    ("rule", "verdict", "step"),
    [
        ("ticket.claimed", "about to be started", "Tickets"),
        ("ticket.none-free", "nothing is started", "Tickets"),
        ("share.other", "another target goes first", "Share"),
        ("cap.space", "nothing is started", "Runs"),
        ("local.back-off", "nothing is started", ""),
    ],
)
def test_a_rule_has_its_verdict_and_the_step_it_stands_on(rule: str, verdict: str, step: str) -> None:
    head, *told = answer(replace(GROWING, vetoes=(), reason=Reason("worker", rule, "so")), 100).splitlines()
    assert verdict in head
    shown = {line.split()[0] for line in told if not line.startswith(" ")} - {"Here", "Space", "Do", "More"}
    assert shown == ({step} if step else set())


def test_every_rule_of_the_tables_is_one_that_is_told() -> None:
    files = (path for room in ("agent", "decide") for path in (SOURCES / room).glob("*.py"))
    sources = "".join(path.read_text() for path in files)
    told = {rule for rule in re.findall(r'"([a-z]+(?:\.[a-z-]+)?)"', sources) if rule}
    told |= {f"ticket.{step.value.replace(' ', '-')}" for step in Step}
    words = {rule.partition(".")[0] for rule in told if "." in rule}
    assert {*VERDICTS, *STANDS_ON, *REMEDIES} <= told | words


def test_many_factories_are_counted_and_not_named() -> None:
    has = tuple(replace(HAS, factory=f"f{number}", machines_running=number) for number in range(6))
    assert "15 machines: f5 5, f4 4, f3 3 and 2 more; able to start one: f0, f1, f2 and 3 more" in answer(
        replace(IDLE, has=has), 100
    )


def test_a_moment_gone_by_is_told_from_the_record() -> None:
    state = DecisionState(factory=NAMES[0], time=NOW, made=NOW - 3600, decision=DECISION)
    goldens.check("why-past", past(state, "", 100) + "\n")
    assert "window.back-off" not in past(state, "worker", 100)
    assert "nothing was said of nosuch" in past(state, "nosuch", 100)
    assert "nothing was said" not in past(state, "worker", 100)
    unknown = DecisionState(factory=NAMES[0], time=NOW, made=None, decision=None)
    assert "no decision that old" in past(unknown, "", 100)


def test_the_page_shows_what_is_printed() -> None:
    blocks = PAGE.read_text(encoding="utf-8").split("```")[1::2]
    assert blocks[0].strip("\n") == f"$ vacnet why idle\n{answer(IDLE, 100)}"
    assert blocks[1].strip("\n") == f"$ vacnet why idle --full\n{proof(IDLE, 100)}"
