"""Names to addresses: literals at once, names in threads, failures keep what was good."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable

import pytest

from vacnet.agent.events import PeersChanged
from vacnet.factory.resolve import Resolver
from vacnet.space.address import Address
from vacnet.targets.peers import Peer

Until = Callable[[Callable[[], bool]], Awaitable[None]]

LITERAL = Peer("10.0.0.5", "10.0.0.5", 8885)
NAMED = Peer("far.example", "far.example", 7)


class Names:
    """A name service whose answers the test sets."""

    def __init__(self) -> None:
        self.answer: list[Address] | OSError | UnicodeError = [("192.0.2.1", 7)]
        self.let_go = threading.Event()
        self.let_go.set()
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        self.let_go.wait(10)
        if isinstance(self.answer, OSError | UnicodeError):
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


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "not known to DNS"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "name service of this host does not answer"),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"), "name service of this host fails"),
        (socket.gaierror(socket.EAI_NODATA, "No address"), "no address there"),
        (socket.gaierror(socket.EAI_ADDRFAMILY, "No address of that family"), "no address there"),
        (OSError(24, "Too many open files"), "cannot be looked up (Too many open files)"),
        (OSError("name service away"), "cannot be looked up (name service away)"),
        (UnicodeError("label too long"), "cannot be that of a host"),
    ],
)
async def test_why_a_name_has_no_address_is_told_in_words_and_no_number(
    names: Names, until: Until, answer: OSError | UnicodeError, words: str
) -> None:
    names.answer = answer
    resolver = Resolver(lambda _addresses: None, names)
    resolver.use([NAMED])
    await until(lambda: bool(resolver.peers()[0].trouble))
    assert words in resolver.peers()[0].trouble
    assert "rrno" not in resolver.peers()[0].trouble


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
