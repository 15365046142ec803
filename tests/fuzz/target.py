"""What is fuzzed: one factory's gossip in the midst of a space, and the inputs that reach it.

Rules of this file: the corpus is the vectors and what a small space really said. Two thirds of the inputs
are sealed anew with a valid key, so that they pass the tag and come from where their sender was proved;
the rest are whole datagrams changed anywhere. The factory's peers are real engines: what it makes of an
input is answered by nobody, as on a network that loses everything.

A factory that was told enough lies by a holder of the key knows thousands of factories, up to its bounds;
so after some inputs it is replaced by a fresh one: what is then kept of the old one is a leak.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Final

from tests.fuzz.mutator import altered, mutated
from tests.unit.space.net import SECRET, SPACE, Net, space
from tools.vectors.files import FOLDER
from vacnet.space.counters import Reject
from vacnet.space.gossip import Gossip
from vacnet.space.keyring import KeyRing
from vacnet.space.seal import Header, Rejected, derive, factory_id, key_id, seal
from vacnet.space.wire import Type, decode, encode

LOOKS: Final = b"o" * 32
KEYS: Final = [("member", SECRET), ("observe", LOOKS)]
FRESH_AFTER: Final = 20_000
"""Inputs that one factory gets at most."""
LOOK_AFTER: Final = 1_000
"""Inputs after which it is looked whether it still listens to its peer."""
ROUND_TRIP_EVERY: Final = 8
FIELDS: Final = 0.6
BYTES: Final = 0.3
"""Parts of the sealed inputs that have other fields, or other bytes; the rest go under any type."""
TYPES: Final = (*Type, 0, 77, 255)
ITSELF, PEER, OTHER = "f0", "f1", "f2"


@cache
def corpus() -> tuple[tuple[int, bytes], ...]:
    """Return types and bodies: of the vectors, and of a space of three from its beginning."""
    told = json.loads((FOLDER / "messages.json").read_text())["messages"]
    datagrams = [bytes.fromhex(one["datagram"]) for one in told]
    datagrams += [data for _, _, data in _said()[:600]]
    return tuple(dict.fromkeys((data[3], data[28:-16]) for data in datagrams))


def _said() -> list[tuple[tuple[str, int], tuple[str, int], bytes]]:
    net = _space()
    net.run(20.0)
    return net.recorded


def _space() -> Net:
    return space(3, targets=3)


@dataclass(slots=True)
class Tally:
    """What has been fed so far."""

    inputs: int = 0
    sealed: int = 0
    decoded: int = 0
    """Bodies that were a message, of those tried."""
    rejects: Counter[Reject] = field(default_factory=Counter)


class Target:
    """A factory that takes what a seed makes."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.tally = Tally()
        self.last = b""
        """The last datagram, for the one that goes wrong."""
        self._keys = {secret: derive(secret, SPACE) for _, secret in KEYS}
        self._renew()

    def feed(self, count: int) -> None:
        """Take so many inputs; whatever leaves the engine as an exception leaves this."""
        for _ in range(count):
            if self.tally.inputs % LOOK_AFTER == LOOK_AFTER - 1 and self._spent():
                self._renew()
            self.tally.inputs += 1
            self._now += self.rng.choice((0.0, 0.0001, 0.01))
            sender = self.rng.choice((PEER, PEER, PEER, OTHER, ITSELF, "stranger"))
            self.last = self._sealed(sender) if self.rng.random() < 2 / 3 else self._changed()
            self.gossip.receive(self.last, self._addresses.get(sender, ("10.6.6.6", 9)), self._now)
            if self.gossip.next_timer() <= self._now:
                self.gossip.wake(self._now)
            self.gossip.drain()
            self.gossip.happened()

    def _sealed(self, sender: str) -> bytes:
        """Return a mutated body under a valid key, from a sender whose number is new."""
        rng, tally = self.rng, self.tally
        kind, body = self._body()
        if tally.sealed % ROUND_TRIP_EVERY == 0:
            self._round_trip(kind, body)
        tally.sealed += 1
        self._sequence += 1
        secret = rng.choice((SECRET, SECRET, SECRET, LOOKS))
        epoch = rng.choice((1, 1, 1, 1, 1, 2, 0, (1 << 32) - 1)) if rng.random() < 0.1 else 1
        header = Header(kind, key_id(secret), factory_id(sender), epoch, self._sequence)
        return seal(header, body, self._keys[secret])

    def _body(self) -> tuple[int, bytes]:
        """Return a type and a body: as it was, with other bytes, or with other fields."""
        rng = self.rng
        kind, body = rng.choice(self._corpus)
        chance = rng.random()
        if chance < FIELDS:
            return kind, altered(rng, body)
        if chance < FIELDS + BYTES:
            return kind, mutated(rng, self._bodies, body)
        return rng.choice(TYPES), body

    def _changed(self) -> bytes:
        """Return a whole datagram changed anywhere: most fail their tag."""
        return mutated(self.rng, self._datagrams)

    def _round_trip(self, kind: int, body: bytes) -> None:
        """What is a message is the same message after another trip."""
        if kind not in {*Type}:
            return
        try:
            message = decode(kind, body)
        except Rejected:
            return
        self.tally.decoded += 1
        assert decode(kind, encode(message)) == message

    def _spent(self) -> bool:
        """Return whether the factory has heard enough, or was told so of its peer that it is deaf to it."""
        peer = self.gossip.table.factories.get(PEER)
        deaf = peer is None or peer.link is None
        return deaf or self.tally.inputs - self._since >= FRESH_AFTER

    def _renew(self) -> None:
        if self.tally.inputs:
            self.tally.rejects += self.gossip.counters.rejects
        self._since = self.tally.inputs
        net = _space()
        self._addresses = {name: net.address(name) for name in net.nodes}
        self._datagrams = [data for _, _, data in net.recorded]
        self._corpus = corpus()
        self._bodies = [body for _, body in self._corpus]
        self._sequence = 1_000_000
        self.gossip: Gossip = net.gossip(ITSELF)
        self.gossip.set_keys(KeyRing(KEYS, SPACE), net.now)
        self._now = net.now
