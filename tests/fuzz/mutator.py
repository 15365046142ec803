"""Mutation of bodies: what a damaged, hostile or merely later sender might put between header and tag.

Rules of this file: pure functions of a `Random` and the corpus. Mutations are of two kinds. Those of bytes
know where MessagePack keeps its lengths and integers, for a decoder is hurt there and not in a text's
middle. Those of fields put another value into one place of a message and encode it anew: what the decoder
lets pass, and the engine has to bear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Final

import msgpack

MARKERS: Final = bytes(
    [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x91, 0x9F, 0xA0, 0xA1, 0xBF, *range(0xC0, 0xE0), 0xE0, 0xFF]
)
"""Every kind of MessagePack's first byte."""
NUMBERS: Final = (
    b"\xcf" + b"\xff" * 8,
    b"\xd3\x80" + bytes(7),
    b"\xce\xff\xff\xff\xff",
    b"\xce\xff\xff\xff\xfe",
    b"\xcb\x7f\xf8" + bytes(6),
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\x91" * 300,
    b"\xd6\xff\x00\x00\x00\x00",
)
"""Ends of ranges, lengths that nothing follows, nesting, and a timestamp."""
U64_MAX: Final = (1 << 64) - 1
VALUES: Final[tuple[Any, ...]] = (
    *(0, 1, 2, 5, 6, 7, 8, 63, 64, 255, 256, 65_535, 65_536, -1, -2, -3),
    *((1 << 32) - 1, (1 << 32) - 2, 1 << 32, (1 << 63), (1 << 64) - 1, -(1 << 63)),
    *(None, True, False, 1.5, "", "f0", "f1", "f2", "a" * 63, "a" * 253, "a" * 254, "\u00e4" * 63, "\x1b[2J"),
    *("10.0.0.1", "10.0.0.2", "::1", "0.0.0.0", "224.0.0.1", "fe80::1%lo", "10.0.0.2:995", "[::1]:9"),  # noqa: S104
    *(b"", bytes(7), bytes(8), bytes(16), bytes(512), bytes(1024), b"\xff" * 8, b"\xff" * 896),
    *([], [[]], [[], []], {}),
)
"""What a field may be made to hold: ends of ranges, names and addresses that mean something, other types."""
LIKE: Final = {kind: [one for one in VALUES if type(one) is kind] for kind in (int, bool, str, bytes)}
BODY_MOST: Final = 1156


def altered(rng: Random, body: bytes) -> bytes:
    """Return a message with one to three fields of another value."""
    fields = msgpack.unpackb(body, strict_map_key=False)
    for _ in range(rng.choice((1, 1, 2, 3))):
        _alter(rng, fields)
    return bytes(msgpack.packb(fields)[:BODY_MOST])


def _alter(rng: Random, fields: list[Any]) -> None:
    """Change a value somewhere in nested arrays."""
    while fields:
        at = rng.randrange(len(fields))
        inner = fields[at]
        if isinstance(inner, list) and inner and rng.random() < 0.9:
            fields = inner
            continue
        fields[at] = deepcopy(_another(rng, inner))
        return


def _another(rng: Random, value: Any) -> Any:
    """Return another value: mostly of the same type, of a number often a near one."""
    if isinstance(value, int) and rng.random() < 0.5:
        return min(max(0, value + rng.choice((-1, 1, 2, 10, 1000))), U64_MAX)
    alike = LIKE.get(type(value), VALUES)
    return rng.choice(alike if rng.random() < 0.8 else VALUES)


def mutated(rng: Random, corpus: Sequence[bytes], start: bytes | None = None) -> bytes:
    """Return `start`, or one of the corpus, with bytes changed in one to four places."""
    body = bytearray(rng.choice(corpus) if start is None else start)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        rng.choice(CHANGES)(rng, body, corpus)
    return bytes(body[:BODY_MOST])


def _flip(rng: Random, body: bytearray, _corpus: Sequence[bytes]) -> None:
    if body:
        body[_at(rng, body)] ^= 1 << rng.randrange(8)


def _set(rng: Random, body: bytearray, _corpus: Sequence[bytes]) -> None:
    if body:
        body[_at(rng, body)] = rng.randrange(256)


def _mark(rng: Random, body: bytearray, _corpus: Sequence[bytes]) -> None:
    if body:
        body[_at(rng, body)] = rng.choice(MARKERS)


def _insert(rng: Random, body: bytearray, _corpus: Sequence[bytes]) -> None:
    at = _at(rng, body)
    body[at:at] = rng.choice(NUMBERS)


def _replace(rng: Random, body: bytearray, _corpus: Sequence[bytes]) -> None:
    at = _at(rng, body)
    number = rng.choice(NUMBERS)
    body[at : at + rng.choice((1, len(number)))] = number


def _cut(rng: Random, body: bytearray, _corpus: Sequence[bytes]) -> None:
    at = _at(rng, body)
    del body[at : at + rng.choice((1, 2, 4, 16, 1200))]


def _double(rng: Random, body: bytearray, _corpus: Sequence[bytes]) -> None:
    at = _at(rng, body)
    body[at:at] = body[at : at + rng.choice((1, 4, 16, 64, 256))]


def _splice(rng: Random, body: bytearray, corpus: Sequence[bytes]) -> None:
    other = rng.choice(corpus)
    body[_at(rng, body) :] = other[_at(rng, other) :]


CHANGES: Final[tuple[Callable[[Random, bytearray, Sequence[bytes]], None], ...]] = (
    _flip,
    _set,
    _set,
    _mark,
    _mark,
    _insert,
    _replace,
    _cut,
    _double,
    _splice,
)


def _at(rng: Random, body: Sequence[int]) -> int:
    """Return a place, more often near the beginning, where the heads of arrays are."""
    most = min(len(body), rng.choice((8, 64, 1200)))
    return rng.randrange(most) if most else 0
