"""Asking: one question of a kind at a time, and what fails leaves what was there with the words beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.unit.console import scenes
from tests.unit.console.dashboard.sources import GONE, HERE, Canned
from tests.unit.console.past import event
from tests.unit.console.scenes import NOW
from tests.unit.console.test_why_words import HAS, IDLE
from vacnet.console.dashboard.asking import FACTORIES_ASKED_MAX, Asking
from vacnet.console.dashboard.picture import EVENTS_KEPT, MachinesAnswer, Picture, Whose
from vacnet.decide.reasons import Decision, Reason
from vacnet.factory.client import DecisionState, Machines, WhyState

DEADLINE_SECONDS = 20.0


def asking(source: Canned) -> Asking:
    picture = Picture(space=source.state, machines=MachinesAnswer(whose=Whose(factory=HERE)))
    return Asking(source, picture, lambda: NOW)


def questions(one: Asking) -> dict[str, Callable[[], Awaitable[bool]]]:
    return {"space": one.space, "peers": one.delay, "events": one.events, "machines": one.machines}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 (the condition is no event of this loop)
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("question", ["space", "peers", "events", "machines"])
async def test_a_slow_source_is_never_asked_the_same_twice_at_a_time(question: str) -> None:
    source = Canned()
    one = asking(source)
    with source.hanging(question):
        first = asyncio.create_task(_awaited(questions(one)[question]()))
        await until(lambda: source.at_once[question] == 1)
        assert [await questions(one)[question]() for _ in range(5)] == [False] * 5
    assert await first
    assert await questions(one)[question]()
    assert source.most_at_once[question] == 1


async def _awaited(answer: Awaitable[bool]) -> bool:
    return await answer


@pytest.mark.parametrize("question", ["space", "peers", "events"])
async def test_what_fails_is_asked_again_and_leaves_what_was_there(question: str) -> None:
    source = Canned()
    one = asking(source)
    assert await questions(one)[question]()
    before = replace(one.picture, events=list(one.picture.events))
    source.failing = {question: GONE}
    source.state = scenes.EMPTY
    assert not await questions(one)[question]()
    told = {"space": one.picture.trouble, "events": one.picture.events_trouble}
    assert told.get(question, GONE) == GONE
    assert replace(one.picture, trouble="", events_trouble="") == before
    source.failing = {}
    assert await questions(one)[question]()
    assert (one.picture.trouble, one.picture.events_trouble) == ("", "")


async def test_machines_that_cannot_be_asked_for_leave_the_last_answer_with_its_age_and_the_words() -> None:
    source = Canned()
    one = asking(source)
    await one.machines()
    before = one.picture.machines
    assert before.asked_at == NOW
    source.failing = {"machines": GONE}
    await one.machines()
    assert one.picture.machines == replace(before, trouble=GONE)


async def test_an_answer_that_comes_when_others_are_shown_is_dropped() -> None:
    source = Canned()
    one = asking(source)
    with source.hanging("machines"):
        first = asyncio.create_task(one.machines())
        await until(lambda: source.at_once["machines"] == 1)
        one.picture.machines = MachinesAnswer(whose=Whose(factory="vac02.example.org"))
    await first
    assert one.picture.machines.asked_at is None


def running(*names: str) -> WhyState:
    has = (replace(HAS, factory=name, machines_running=1) for name in names)
    dead = replace(HAS, factory="gone", machines_running=1, live=False)
    return WhyState(factory=HERE, time=NOW, why=replace(IDLE, has=(*has, HAS, dead)))


class Many(Canned):
    """A source whose target runs on several factories, of which one does not answer."""

    names: tuple[str, ...] = ()
    silent = ""

    def why(self, target: str) -> WhyState:
        return running(*self.names)

    def machines_of(self, factory: str, ended: int = 0) -> Machines:
        self.failing = {"machines": f"{factory} does not answer"} if factory == self.silent else {}
        self._enter("machines")
        own = scenes.machine(1, "lhcb-prod", "running", factory=factory, id=f"of {factory}")
        other = scenes.machine(2, "ska-sim", "running", factory=factory)
        return Machines(factory=factory, time=NOW, machines=(own, other), age_seconds=0.5)


async def test_of_a_target_every_factory_that_runs_it_is_asked_and_one_that_is_silent_hides_no_other() -> (
    None
):
    source = Many()
    source.names, source.silent = ("a", "b", "c"), "b"
    one = asking(source)
    one.picture.machines = MachinesAnswer(whose=Whose(target="lhcb-prod"))
    await one.machines()
    answer = one.picture.machines
    assert [machine.id for machine in answer.machines] == ["of a", "of c"]
    assert answer.asked_at == NOW - 0.5
    assert answer.trouble == "1 of 3 did not answer: b does not answer"


async def test_of_very_many_factories_only_some_are_asked_and_it_is_said() -> None:
    source = Many()
    source.names = tuple(f"n{number:02d}" for number in range(FACTORIES_ASKED_MAX + 4))
    one = asking(source)
    one.picture.machines = MachinesAnswer(whose=Whose(target="lhcb-prod"))
    await one.machines()
    assert source.asked["machines"] == FACTORIES_ASKED_MAX
    assert one.picture.machines.trouble == "4 more factories not asked"


async def test_where_nobody_answers_the_words_of_one_are_told() -> None:
    source = Many()
    source.names = source.silent, *_ = ("b",)
    one = asking(source)
    one.picture.machines = MachinesAnswer(whose=Whose(target="lhcb-prod"))
    await one.machines()
    assert one.picture.machines.trouble == "b does not answer"


async def test_events_are_asked_for_once_each_and_the_newest_are_kept() -> None:
    source = Canned(happened=tuple(event(n, 9_000 - n, "some") for n in range(1, EVENTS_KEPT + 500)))
    one = asking(source)
    await one.events()
    kept = [found.serial for found in one.picture.events if found.serial]
    assert kept[-1] == EVENTS_KEPT + 499
    assert len(one.picture.events) == EVENTS_KEPT
    source.happened = (*source.happened, event(5_000, 0, "newest"))
    await one.events()
    assert [found.serial for found in one.picture.events].count(5_000) == 1
    await one.events()
    assert [found.serial for found in one.picture.events].count(5_000) == 1
    assert [found.name for found in one.picture.events].count("decision") == 1


def decided(made: float, chosen: str) -> DecisionState:
    reasons = (Reason("a", "share.drawn", "far below its share"), Reason("b", "window.back-off", "no work"))
    decision = Decision(at=1.0, chosen=chosen, reasons=reasons)
    return DecisionState(factory=HERE, time=NOW, made=made, decision=decision)


async def test_each_decision_is_told_once_and_says_what_was_chosen_or_why_nothing_was() -> None:
    source = Canned(happened=(), decided=decided(NOW - 5, "a"))
    one = asking(source)
    await one.events()
    await one.events()
    source.decided = decided(NOW - 1, "")
    await one.events()
    assert [found.fields for found in one.picture.events] == [
        {"chose": "a", "why": "far below its share"},
        {"chose": "nothing", "why": "a: far below its share; b: no work"},
    ]


async def test_how_long_news_take_is_that_of_the_middle_peer() -> None:
    one = asking(Canned())
    await one.delay()
    assert one.picture.delay_seconds == pytest.approx((0.00021 + 0.01065) / 2)
