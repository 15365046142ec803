"""What inputs are made of: the vectors, what a small space says, and greetings that tell of other lives."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Final

import msgpack

from tests.fuzz.mutator import altered, mutated
from tests.unit.space.net import Net, space
from tools.vectors.files import FOLDER
from vacnet.space.wire import Hello, Member, Rival, Type, Welcome, encode

TYPES: Final = (*Type, 0, 77, 255)
FIELDS: Final = 0.6
BYTES: Final = 0.3
"""Parts of the bodies that have other fields, or other bytes; the rest go under any type."""
ITSELF, PEER, OTHER = "f0", "f1", "f2"
RIVALS: Final = [
    Rival(epoch, instance, ip, 995, age)
    for epoch in (0, 1, 2)
    for instance in (b"", b"instance")
    for ip, age in (("10.0.0.9", 0), ("10.0.0.1", 0), ("", (1 << 32) - 1))
]


def small_space() -> Net:
    """Return three factories that know each other."""
    return space(3, targets=3)


@cache
def corpus() -> tuple[tuple[int, bytes], ...]:
    """Return types and bodies."""
    told = json.loads((FOLDER / "messages.json").read_text())["messages"]
    net = small_space()
    net.run(20.0)
    datagrams = [bytes.fromhex(one["datagram"]) for one in told] + [data for _, _, data in net.recorded[:600]]
    bodies = [(data[3], data[28:-16]) for data in datagrams]
    return tuple(dict.fromkeys([*bodies, *_greetings()]))


def _greetings() -> list[tuple[int, bytes]]:
    members = [Member(OTHER, "10.0.0.3", 995), Member("f9", "10.0.0.9", 995)]
    hellos = [Hello(7, b"instance", name, 1, 1, rival) for name in (PEER, ITSELF) for rival in RIVALS]
    answers = [
        Welcome(1, 7, b"instance", name, 1, 1, rival, members) for name in ("", PEER) for rival in RIVALS
    ]
    return [
        *((int(Type.HELLO), encode(hello)) for hello in hellos),
        *((int(Type.WELCOME), encode(answer)) for answer in answers),
    ]


@cache
def _bodies() -> tuple[bytes, ...]:
    return tuple(body for _, body in corpus())


def body(rng: Random) -> tuple[int, bytes]:
    """Return a type and a body: with other fields, with other bytes, or as it was."""
    kind, chosen = rng.choice(corpus())
    chance = rng.random()
    if chance < FIELDS:
        return kind, altered(rng, chosen)
    if chance < FIELDS + BYTES:
        return kind, mutated(rng, _bodies(), chosen)
    return rng.choice((kind, *TYPES)), chosen


def answer(rng: Random, nonce: int) -> bytes:
    """Return an ANSWER to this nonce with other fields."""
    answers = [body for kind, body in corpus() if kind == Type.ANSWER]
    fields = msgpack.unpackb(rng.choice(answers))
    return altered(rng, msgpack.packb([nonce, *fields[1:]]))
