"""The loop round the agent: order of effects, barriers, timers, datagrams first, broken events."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest

from vacnet.agent.effects import Effect, Notify, PersistEpoch, Send
from vacnet.agent.events import DatagramReceived, Event, Stopping, Woke
from vacnet.factory.clock import boot_seconds
from vacnet.factory.loop import Driver

Handlers = dict[type[Effect], Callable[[Effect], Awaitable[None] | None]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
THERE = ("127.0.0.1", 1)


class Scripted:
    """An agent that answers each kind of event with the effects it was given."""

    def __init__(self, answers: dict[type[Event], list[Effect]]) -> None:
        self.seen: list[Event] = []
        self.timer = math.inf
        self._answers = answers
        self._effects: list[Effect] = []

    def handle(self, event: Event, now: float) -> None:
        self.seen.append(event)
        if isinstance(event, Woke):
            self.timer = math.inf
        self._effects += self._answers.get(type(event), [])
        if isinstance(event, DatagramReceived) and event.data == b"poison":
            raise ValueError("poisoned")

    def next_timer(self) -> float:
        return self.timer

    def effects(self) -> list[Effect]:
        given, self._effects = self._effects, []
        return given


def _driver(agent: Scripted, handlers: Handlers, drain: Callable[[int], None] = lambda _most: None) -> Driver:
    return Driver(agent, boot_seconds, handlers, drain, lambda _error: None)


async def test_effects_are_carried_out_in_the_order_in_which_they_stand() -> None:
    done: list[Effect] = []
    wanted: list[Effect] = [Send(b"1", THERE), Notify("n"), Send(b"2", THERE)]
    driver = _driver(Scripted({Stopping: wanted}), {Send: done.append, Notify: done.append})
    driver.feed(Stopping())
    assert done == wanted


async def test_nothing_is_sent_before_the_epoch_is_durable() -> None:
    done: list[str] = []
    durable = asyncio.Event()

    async def keep(_effect: Effect) -> None:
        await durable.wait()
        done.append("durable")

    handlers: Handlers = {PersistEpoch: keep, Send: lambda _effect: done.append("sent")}
    driver = _driver(Scripted({Stopping: [PersistEpoch(7), Send(b"", THERE)]}), handlers)
    driver.feed(Stopping())
    driver.feed(Stopping())
    await asyncio.sleep(0)
    assert done == []
    durable.set()
    await driver.settled()
    assert done == ["durable", "sent", "durable", "sent"]


async def test_an_event_that_an_effect_causes_comes_after_the_event_at_hand() -> None:
    agent = Scripted({Stopping: [Notify("one"), Notify("two")]})
    order: list[str] = []

    def handle(effect: Effect) -> None:
        assert isinstance(effect, Notify)
        driver.feed(DatagramReceived(b"", THERE))
        order.append(f"{effect.name} after {len(agent.seen)}")

    driver = _driver(agent, {Notify: handle})
    driver.feed(Stopping())
    assert order == ["one after 1", "two after 1"]
    assert len(agent.seen) == 3


async def test_what_the_kernel_holds_is_taken_before_a_timer_is_told(until: Until) -> None:
    agent = Scripted({})
    driver = _driver(agent, {}, lambda _most: driver.feed(DatagramReceived(b"held", THERE)))
    agent.timer = boot_seconds() + 0.01
    driver.feed(Stopping())
    await until(lambda: any(isinstance(event, Woke) for event in agent.seen))
    assert [type(event) for event in agent.seen] == [Stopping, DatagramReceived, Woke]


async def test_a_timer_that_comes_late_tells_how_late(until: Until) -> None:
    agent = Scripted({})
    driver = _driver(agent, {})
    agent.timer = boot_seconds() - 3.0
    driver.feed(Stopping())
    await until(lambda: len(agent.seen) == 2)
    woke = agent.seen[1]
    assert isinstance(woke, Woke)
    assert 3.0 <= woke.stalled_seconds < 4.0


async def test_a_datagram_that_breaks_the_agent_is_counted_and_the_next_event_is_handled() -> None:
    agent = Scripted({})
    driver = _driver(agent, {})
    driver.feed(DatagramReceived(b"poison", THERE))
    driver.feed(Stopping())
    assert driver.counters["datagrams_broke_the_agent"] == 1
    assert not driver.failed.done()
    assert agent.seen[-1] == Stopping()


async def test_anything_else_that_breaks_ends_the_daemon() -> None:
    def broken(_effect: Effect) -> None:
        raise OSError("disk gone")

    driver = _driver(Scripted({Stopping: [Notify("n")]}), {Notify: broken})
    driver.feed(Stopping())
    with pytest.raises(OSError, match="disk gone"):
        await driver.failed


async def test_a_tap_hears_each_event_with_what_came_of_it_before_it_is_carried_out() -> None:
    heard: list[tuple[Event, tuple[Effect, ...]]] = []
    done: list[int] = []
    driver = _driver(Scripted({Stopping: [Notify("n")]}), {Notify: lambda _effect: done.append(len(heard))})
    driver.tap = lambda event, effects, _now: heard.append((event, tuple(effects)))
    poison = DatagramReceived(b"poison", THERE)
    for event in (Stopping(), poison):
        driver.feed(event)
    assert heard == [(Stopping(), (Notify("n"),)), (poison, ())]
    assert done == [1]
