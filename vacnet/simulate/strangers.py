"""Strangers: datagrams that must change nothing, and the look before and after that shows it.

Rules of this file: what a factory knows of others is compared entirely: epoch, version, counter, when it
was heard, where it is. An answer may be sent, for a greeting has to be answered; nothing may be learned.
"""

from __future__ import annotations

from random import Random

from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.node import Node
from vacnet.simulate.storm import Storm
from vacnet.space.address import Address
from vacnet.space.keyring import Key, KeyRing
from vacnet.space.seal import Header, factory_id, seal
from vacnet.space.wire import (
    Announce,
    Digest,
    Evidence,
    Origin,
    RowsOf,
    Type,
    Welcome,
    encode,
    pack_evidence,
)

NAME = "intruder.example.org"
GUISES = 4
"""Of one intrusion: other keys, names and epochs."""
ADDRESS: Address = ("10.255.255.254", 8884)


def knowledge(node: Node) -> dict[str, tuple[object, ...]]:
    """Return all that a running factory knows of others, by name."""
    if node.agent is None:
        return {}
    return {
        known.name: (
            known.epoch,
            known.version,
            known.counter,
            known.heard_at,
            known.address,
            known.departed_at,
            tuple(known.link.sources) if known.link else None,
        )
        for known in node.agent.gossip.table.others()
    }


def send_in_vain(storm: Storm, node: Node, data: bytes, source: Address, what: str) -> None:
    """Give a factory a datagram that must not teach it anything.

    Raises:
        BrokenPromiseError: it learned from it.
    """
    before = knowledge(node)
    storm.network.receivers[node.address](data, source)
    after = knowledge(node)
    if before != after:
        changed = [name for name in before | after if before.get(name) != after.get(name)]
        name = changed[0]
        words = f"{what} changed what {node.name} knows of {name}: {before.get(name)} -> {after.get(name)}"
        raise BrokenPromiseError(words)


def intrude(storm: Storm, node: Node, rng: Random) -> None:
    """Say all that members say, to one factory, under keys that may not say it."""
    for _ in range(GUISES):
        secret = rng.choice((rng.randbytes(32), dict(storm.keys.keys)["observe"]))
        if key := KeyRing([("member", secret)], node.settings.space).sealing:
            _say(storm, node, rng, key)
    send_in_vain(storm, node, rng.randbytes(rng.randrange(1300)), ADDRESS, "noise")


def _say(storm: Storm, node: Node, rng: Random, key: Key) -> None:
    """Say it in the name of some factory, from its address or another."""
    speaker = rng.choice(storm.nodes)
    name = rng.choice((NAME, speaker.name))
    epoch = rng.choice((1, speaker.disk.epoch, speaker.disk.epoch, 1_800_000_000))
    source = rng.choice((ADDRESS, speaker.address))
    for kind, body in _sayings(name, epoch, rng):
        header = Header(kind, key.id, factory_id(speaker.name), epoch, rng.getrandbits(40))
        send_in_vain(storm, node, seal(header, body, key.secret), source, "somebody without a member's key")


def _sayings(name: str, epoch: int, rng: Random) -> list[tuple[Type, bytes]]:
    origin = Origin(name, epoch + 1, 0, 9, 9, rng.getrandbits(40), 0, *ADDRESS, None, [])
    evidence = Evidence(factory_id(name), epoch, rng.getrandbits(40), 0)
    return [
        (Type.ANN, encode(Announce(0, 1 << 20, 1 << 20, urgent=True, factory=None, rows=[]))),
        (Type.BYE, encode(Announce(0, 1 << 20, 1 << 20, urgent=True, factory=None, rows=[]))),
        (Type.ROWS, encode(RowsOf([origin]))),
        (Type.WELCOME, encode(Welcome(rng.getrandbits(64), 1, b"12345678", name))),
        (Type.DIGEST, encode(Digest(bytes(8), whole=True, entries=b"", evidence=pack_evidence([evidence])))),
    ]
