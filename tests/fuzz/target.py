"""What is fuzzed: one factory's gossip in the midst of a space, an observer, and the inputs that reach them.

Rules of this file: two thirds of the inputs are sealed anew with a valid key, so that they pass the tag and
come from where their sender was proved; the rest are whole datagrams changed anywhere. What the factory
makes of an input is answered by nobody, as on a network that loses everything, but for nonces: those it
last sent come back now and then. One input in eight goes to an observer that has just been welcomed, or
to somebody who asked for a factory's machines.

A factory that was told enough lies by a holder of the key knows thousands of factories, up to its bounds;
so after some inputs it is replaced by a fresh one: what is then kept of the old one is a leak.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.fuzz.corpus import ITSELF, OTHER, PEER, answer, body, small_space
from tests.fuzz.mutator import mutated
from tests.unit.space.net import SECRET, SPACE, Net
from vacnet.space.counters import Reject
from vacnet.space.gossip import Datagram, Gossip
from vacnet.space.happenings import Asked
from vacnet.space.inquiry import Inquiry
from vacnet.space.items import Detail, Items
from vacnet.space.keyring import KeyRing
from vacnet.space.observer import Observer
from vacnet.space.seal import Header, Rejected, derive, factory_id, key_id, seal
from vacnet.space.wire import Hello, Query, Topic, Type, Welcome, decode, encode

LOOKS: Final = b"o" * 32
KEYS: Final = [("member", SECRET), ("observe", LOOKS)]
RING: Final = KeyRing(KEYS, SPACE)
FRESH_AFTER: Final = 20_000
"""Inputs that one factory gets at most."""
LOOK_AFTER: Final = 1_000
"""Inputs after which it is looked whether it still listens to its peer."""
ROUND_TRIP_EVERY: Final = 8
OBSERVER_EVERY: Final = 8
ANSWERS: Final = 0.25
"""Part of these that go to somebody who asked for a factory's machines."""
ECHO: Final = 0.02
NOWHERE: Final = ("10.6.6.6", 9)
TOLD: Final = Items(details=(Detail("a", "b"), Detail("c", "d" * 200)), more=True)
TO_OBSERVERS: Final = (Type.DIGEST, Type.ROWS, Type.ROWS, Type.WELCOME, Type.ANSWER)


@dataclass(slots=True)
class Tally:
    """What has been fed so far."""

    inputs: int = 0
    sealed: int = 0
    decoded: int = 0
    """Bodies that were a message, of those tried."""
    rejects: Counter[Reject] = field(default_factory=Counter)


class Target:
    """A factory and an observer that take what a seed makes."""

    _gossip: Gossip
    _observer: Observer
    _addresses: dict[str, tuple[str, int]]
    _datagrams: list[bytes]
    _inquiry: Inquiry
    _asked: Datagram
    _hello: Datagram | None
    """The last one that the factory sent."""
    _now: float
    _since: int
    _sequence: int

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.tally = Tally()
        self.last = b""
        """The last datagram, for the one that goes wrong."""
        self._keys = {secret: derive(secret, SPACE) for _, secret in KEYS}
        self._renew()

    def feed(self, count: int) -> None:
        """Take so many inputs; whatever leaves an engine as an exception leaves this."""
        for _ in range(count):
            if self.tally.inputs % LOOK_AFTER == LOOK_AFTER - 1 and self._spent():
                self._renew()
            self.tally.inputs += 1
            self._now += self.rng.choice((0.0, 0.0001, 0.01))
            if self.tally.inputs % OBSERVER_EVERY:
                self._feed_factory()
            elif self.rng.random() < ANSWERS:
                self._feed_inquiry()
            else:
                self._feed_observer()

    def _feed_factory(self) -> None:
        gossip, rng = self._gossip, self.rng
        sender = rng.choice((PEER, PEER, PEER, OTHER, ITSELF, "stranger"))
        self.last = self._sealed(sender) if rng.random() < 2 / 3 else mutated(rng, self._datagrams)
        gossip.receive(self.last, self._addresses.get(sender, NOWHERE), self._now)
        if gossip.next_timer() <= self._now:
            gossip.wake(self._now)
        for happening in gossip.happened():
            if isinstance(happening, Asked):
                gossip.answer(happening.question, TOLD, self._now)
        for wish in gossip.drain():
            if isinstance(wish, Datagram) and wish.data[3] == Type.HELLO:
                self._hello = wish

    def _feed_inquiry(self) -> None:
        """Answer the question that was asked last, or what resembles that."""
        inquiry = self._inquiry
        inquiry.wake(self._now)
        for asked in inquiry.drain():
            self._asked = asked
        query = decode(Type.QUERY, self._asked.data[28:-16])
        content = answer(self.rng, query.nonce if isinstance(query, Query) else 0)
        self.last = self._seal(Type.ANSWER, content, ITSELF, LOOKS, 1)
        self.tally.sealed += 1
        with suppress(Rejected):
            inquiry.receive(self.last, self._now)
        if inquiry.done:
            self._ask()

    def _ask(self) -> None:
        self._inquiry = Inquiry(RING.keys[1], Topic.MACHINES, NOWHERE, Random(1), self._now)

    def _feed_observer(self) -> None:
        _, content = body(self.rng)
        kind = self.rng.choice(TO_OBSERVERS)
        self.last = self._seal(kind, content, ITSELF, LOOKS, 1)
        self.tally.sealed += 1
        self._observer.receive(self.last, self._now)
        if self._observer.next_timer() <= self._now:
            self._observer.wake(self._now)
        self._observer.drain()
        self._observer.happened()

    def _sealed(self, sender: str) -> bytes:
        """Return a body under a valid key, from a sender whose number is new."""
        rng, tally = self.rng, self.tally
        kind, content = self._echo(sender) if rng.random() < ECHO else body(rng)
        if tally.sealed % ROUND_TRIP_EVERY == 0:
            self._round_trip(kind, content)
        tally.sealed += 1
        secret = rng.choice((SECRET, SECRET, SECRET, LOOKS))
        epoch = rng.choice((1, 1, 1, 1, 1, 2, 0, (1 << 32) - 1)) if rng.random() < 0.1 else 1
        return self._seal(kind, content, sender, secret, epoch)

    def _seal(self, kind: int, content: bytes, sender: str, secret: bytes, epoch: int) -> bytes:
        self._sequence += 1
        header = Header(kind, key_id(secret), factory_id(sender), epoch, self._sequence)
        return seal(header, content, self._keys[secret])

    def _echo(self, sender: str) -> tuple[int, bytes]:
        """Return the echo of the nonce that the factory sent last, by whoever it is."""
        hello = None if self._hello is None else decode(Type.HELLO, self._hello.data[28:-16])
        nonce = hello.nonce if isinstance(hello, Hello) else 0
        return Type.WELCOME, encode(Welcome(nonce, 9, self.rng.choice((b"", b"instance")), sender))

    def _round_trip(self, kind: int, content: bytes) -> None:
        """What is a message is the same message after another trip."""
        if kind not in {*Type}:
            return
        try:
            message = decode(kind, content)
        except Rejected:
            return
        self.tally.decoded += 1
        assert decode(kind, encode(message)) == message

    def _spent(self) -> bool:
        """Return whether the factory has heard enough, or was told so of its peer that it is deaf to it."""
        peer = self._gossip.table.factories.get(PEER)
        deaf = peer is None or peer.link is None
        return deaf or self.tally.inputs - self._since >= FRESH_AFTER

    def _renew(self) -> None:
        if self.tally.inputs:
            self.tally.rejects += self._gossip.counters.rejects
        self._since = self.tally.inputs
        net = small_space()
        self._addresses = {name: net.address(name) for name in net.nodes}
        self._datagrams = [data for _, _, data in net.recorded]
        self._sequence = 1_000_000
        self._hello = None
        self._now = net.now
        self._gossip = net.gossip(ITSELF)
        self._gossip.set_keys(RING, net.now)
        self._observer = _welcomed(net)
        self._ask()


def _welcomed(net: Net) -> Observer:
    """Return an observer that the factory has answered."""
    key = RING.keys[1]
    observer = Observer(key, SPACE, [net.address(ITSELF)], Random(1), net.now)
    observer.wake(net.now)
    for asked in observer.drain():
        net.gossip(ITSELF).receive(asked.data, NOWHERE, net.now)
    for wish in net.gossip(ITSELF).drain():
        if isinstance(wish, Datagram):
            observer.receive(wish.data, net.now)
    assert observer.answerer is not None
    return observer
