"""Names to addresses: literals at once, names in threads, failures keep what was good."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from vacnet.agent.events import PeersChanged
from vacnet.factory.resolve import Resolver, troubles
from vacnet.space.address import Address
from vacnet.targets.peers import Peer

Until = Callable[[Callable[[], bool]], Awaitable[None]]

LITERAL = Peer("10.0.0.5", "10.0.0.5", 8885)
NAMED = Peer("far.example", "far.example", 7)


class Names:
    """A name service whose answers the test sets."""

    def __init__(self) -> None:
        self.answer: list[Address] | OSError = [("192.0.2.1", 7)]
        self.let_go = threading.Event()
        self.let_go.set()
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        self.let_go.wait(10)
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer


@pytest.fixture
def names() -> Names:
    return Names()


async def test_literal_addresses_are_there_at_once_and_names_follow(names: Names, until: Until) -> None:
    told: list[PeersChanged] = []
    resolver = Resolver(told.append, names)
    names.let_go.clear()
    resolver.use([NAMED, LITERAL])
    assert told == [PeersChanged((("10.0.0.5", 8885),), unresolved=1)]
    names.let_go.set()
    await until(lambda: len(told) == 2)
    assert told[1] == PeersChanged((("192.0.2.1", 7), ("10.0.0.5", 8885)))


async def test_a_failure_keeps_the_last_good_address(names: Names, until: Until) -> None:
    resolver = Resolver(lambda _addresses: None, names)
    resolver.use([NAMED])
    await until(lambda: bool(resolver.addresses()))
    names.answer = OSError("name service away")
    resolver.refresh()
    await until(lambda: bool(resolver.peers()[0].trouble))
    assert resolver.addresses() == (("192.0.2.1", 7),)
    assert troubles(resolver.peers()) == {}


async def test_a_name_never_resolved_is_a_trouble_in_words(names: Names, until: Until) -> None:
    names.answer = OSError("name service away")
    resolver = Resolver(lambda _addresses: None, names)
    resolver.use([NAMED])
    await until(lambda: bool(resolver.peers()[0].trouble))
    words = "peer far.example: its name cannot be resolved (name service away)"
    assert troubles(resolver.peers())["far.example"].startswith(words)


async def test_a_name_that_hangs_is_asked_for_once_and_delays_nothing(names: Names, until: Until) -> None:
    names.let_go.clear()
    resolver = Resolver(lambda _addresses: None, names)
    resolver.use([NAMED])
    await until(lambda: names.asked == 1)
    for _ in range(5):
        resolver.refresh()
    await asyncio.sleep(0)
    assert names.asked == 1
    names.let_go.set()
    await until(lambda: bool(resolver.addresses()))
    resolver.refresh()
    await until(lambda: names.asked == 2)


async def test_addresses_are_told_again_only_when_they_are_others(names: Names, until: Until) -> None:
    told: list[PeersChanged] = []
    resolver = Resolver(told.append, names)
    resolver.use([LITERAL])
    resolver.use([LITERAL])
    resolver.use([])
    assert told == [PeersChanged((("10.0.0.5", 8885),)), PeersChanged(())]
