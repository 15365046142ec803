"""The observer engine against real engines: it reads whole tables, over loss, and keeps up with news."""

from __future__ import annotations

from random import Random

import pytest

from tests.unit.space.net import SECRET, SPACE, Faults, Net, row_of, space
from vacnet.space.counters import Reject
from vacnet.space.gossip import Datagram
from vacnet.space.keyring import KeyRing
from vacnet.space.observer import Observer
from vacnet.space.seal import Header, factory_id, seal
from vacnet.space.wire import Hello, Type, Welcome, decode, encode

LOOK = b"o" * 32
HERE = ("10.9.9.9", 40_000)
RING = KeyRing([("member", SECRET), ("observe", LOOK)], SPACE)


class Looking:
    """An observer in a test network, whose way has the network's delay and a loss of its own."""

    def __init__(self, net: Net, at: str, *, secret: bytes = LOOK, loss: float = 0.0) -> None:
        for node in net.running():
            node.gossip.set_keys(RING, net.now)
        role = "observe" if secret == LOOK else "member"
        key = KeyRing([(role, secret)], SPACE).keys[0]
        self.net = net
        self.rng = Random(5)
        self.loss = loss
        self.sent = 0
        self.heard: list[bytes] = []
        self.observer = Observer(key, SPACE, [net.address(at)], Random(6), net.now)

    def run(self, seconds: float, *, until_whole: bool = False) -> float:
        began = self.net.now
        while self.net.now < began + seconds and not (until_whole and self.observer.synced_at):
            self.net.run(0.005)
            self.step()
        return self.net.now - began

    def step(self) -> None:
        now = self.net.now
        if self.observer.next_timer() <= now:
            self.observer.wake(now)
        for datagram in self.observer.drain():
            self.sent += 1
            self._carry(datagram)

    def _carry(self, datagram: Datagram) -> None:
        node = next(node for node in self.net.running() if node.address == datagram.address)
        if self.rng.random() < self.loss:
            return
        self.net.collect(node)
        node.gossip.receive(datagram.data, HERE, self.net.now)
        for reply in node.gossip.drain():
            if isinstance(reply, Datagram) and reply.address == HERE and self.rng.random() >= self.loss:
                self.heard.append(reply.data)
                self.observer.receive(reply.data, self.net.now)

    def same_as(self, name: str) -> bool:
        mine = {known.name: known.contents() for known in self.observer.table.others()}
        theirs = {known.name: known.contents() for known in self.net.gossip(name).table.factories.values()}
        return mine == theirs


@pytest.mark.parametrize("secret", [LOOK, SECRET], ids=["observe key", "member key"])
def test_an_observer_has_the_same_table_as_the_factory_it_asks(secret: bytes) -> None:
    net = space(12, targets=5)
    looking = Looking(net, "f3", secret=secret)
    assert looking.run(5.0, until_whole=True) < 1.0
    assert looking.same_as("f3")
    assert {known.name for known in looking.observer.table.others()} == net.live("f3")


def test_long_tables_come_page_by_page_within_the_allowance() -> None:
    net = space(40, targets=30)
    looking = Looking(net, "f0")
    assert looking.run(10.0, until_whole=True) < 4.0
    assert looking.same_as("f0")


def test_an_observer_reads_over_loss() -> None:
    net = space(10, targets=10)
    looking = Looking(net, "f0", loss=0.2)
    looking.run(20.0, until_whole=True)
    assert looking.same_as("f0")


def test_an_observer_keeps_up_with_news_and_with_silence() -> None:
    net = space(3, targets=2)
    looking = Looking(net, "f0")
    looking.run(2.0)
    net.set_row("f1", row_of("news", net.now), urgent=True)
    net.stop("f2")
    looking.run(20.0)
    assert "news" in looking.observer.table.factories["f1"].targets
    assert {known.name for known in looking.observer.table.live(net.now)} - {""} == {"f0", "f1"}


def test_at_rest_an_observer_asks_once_a_second() -> None:
    net = space(3)
    looking = Looking(net, "f0")
    looking.run(2.0)
    before = looking.sent
    looking.run(10.0)
    assert looking.sent - before <= 12


def test_a_factory_that_restarts_is_found_again() -> None:
    net = space(2, targets=1)
    looking = Looking(net, "f0")
    looking.run(1.0)
    net.add("f0", peers=["f1"], epoch=2, keys=RING)
    looking.run(10.0)
    assert looking.observer.answerer is not None
    assert looking.observer.answerer.epoch == 2
    assert looking.same_as("f0")


def test_answers_that_are_played_again_change_nothing() -> None:
    net = space(2, targets=1)
    looking = Looking(net, "f0")
    looking.run(2.0)
    replies = list(looking.heard)
    net.stop("f1")
    looking.run(20.0)
    before = looking.observer.table.fingerprint(), looking.observer.table.factories["f1"].heard_at
    for data in replies:
        looking.observer.receive(data, net.now)
    assert (looking.observer.table.fingerprint(), looking.observer.table.factories["f1"].heard_at) == before


def test_nothing_is_told_to_who_has_another_key() -> None:
    net = space(2, faults=Faults())
    looking = Looking(net, "f0")
    key = KeyRing([("observe", b"x" * 32)], SPACE).keys[0]
    looking.observer = Observer(key, SPACE, [net.address("f0")], Random(1), net.now)
    looking.run(5.0)
    assert looking.observer.table.others() == []


@pytest.mark.parametrize(
    ("name", "versions", "reason"),
    [
        ("f0", (2, 3), Reject.VERSION),
        ("f1", (1, 1), Reject.NAME),
        ("", (1, 1), Reject.NAME),
        ("f0\x1b[2J", (1, 1), Reject.NAME),
    ],
    ids=["other versions", "another's name", "no name", "a name that moves the cursor"],
)
def test_who_answers_speaks_a_common_version_under_a_name_of_its_own_that_can_be_shown(
    name: str, versions: tuple[int, int], reason: Reject
) -> None:
    key = RING.keys[1]
    observer = Observer(key, SPACE, [HERE], Random(6), 0.0)
    observer.wake(0.0)
    asked = decode(Type.HELLO, observer.drain()[0].data[28:-16])
    assert isinstance(asked, Hello)
    fid = factory_id(name if "\x1b" in name else "f0")
    welcome = Welcome(asked.nonce, 0, b"", name, *versions)
    observer.receive(seal(Header(Type.WELCOME, key.id, fid, 1, 1), encode(welcome), key.secret), 0.1)
    assert observer.answerer is None
    assert dict(observer._core.counters.rejects) == {reason: 1}
