"""An independent reader of the protocol: hashlib, msgpack and what `protocol/SPEC.md` says, nothing of ours.

Rules of this file: it imports nothing of the project; its tables were copied by hand out of the
specification's text. Where it and the codec disagree, one of the three is wrong.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgpack

U8, U16, U32, U64 = (1 << 8) - 1, (1 << 16) - 1, (1 << 32) - 1, (1 << 64) - 1


class Refused(Exception):  # noqa: N818 - a verdict on a datagram
    """A datagram is refused; the argument is the reason."""


# -- section 4: frame and keys ---------------------------------------------------------------------


def factory_id(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8, person=b"vacnet-name").digest()


def key_id(secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=64).digest()[:4]


def space_key(secret: bytes, space: str) -> bytes:
    salt = hashlib.blake2b(space.encode(), digest_size=16, person=b"vacnet-space").digest()
    return hashlib.blake2b(b"", digest_size=32, key=secret, salt=salt, person=b"vacnet-v1").digest()


def tag(data: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16, key=key).digest()


def mark(fid: bytes, epoch: int, version: int) -> bytes:
    data = fid + epoch.to_bytes(4, "big") + version.to_bytes(4, "big")
    return hashlib.blake2b(data, digest_size=8).digest()


def window_hash(target: str, number: int, opener: str) -> bytes:
    data = f"{target}\0{number}\0{opener}".encode()
    return hashlib.blake2b(data, digest_size=8, person=b"vacnet-window").digest()


def bucket_hashes(factories: list[dict[str, Any]], count: int) -> bytes:
    buckets = [0] * count
    for one in factories:
        fid = factory_id(one["name"])
        buckets[fid[0] % count] ^= int.from_bytes(mark(fid, one["epoch"], one["version"]), "big")
    return b"".join(bucket.to_bytes(8, "big") for bucket in buckets)


def merged(target: str, one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    if one["number"] != other["number"]:
        return max(one, other, key=lambda window: int(window["number"]))
    if one["opener"] != other["opener"]:
        return min(one, other, key=lambda window: window_hash(target, window["number"], window["opener"]))
    ways = {"age": max, "length": min, "streak": min, "open": max}
    return one | {name: way(one[name], other[name]) for name, way in ways.items()}


@dataclass(frozen=True)
class Frame:
    type: int
    key_id: bytes
    sender: bytes
    epoch: int
    sequence: int
    signed: bytes
    body: bytes
    tag: bytes


def frame(data: bytes) -> Frame:
    if not 44 <= len(data) <= 1200:
        raise Refused("length")
    if data[:2] != b"VN":
        raise Refused("magic")
    if data[2] != 1:
        raise Refused("version")
    epoch, sequence = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:28], "big")
    return Frame(data[3], data[4:8], data[8:16], epoch, sequence, data[:-16], data[28:-16], data[-16:])


# -- section 5: MessagePack, and section 6: the messages -----------------------------------------------

Spec = tuple[Any, ...]
"""("int", low, high) | ("bool",) | ("str", low, high) | ("bytes", low, high) | ("list", shape, high) |
("shape", shape); a fourth or last element "null" lets nil stand for it."""

INT8, INT16, INT32, INT64 = (("int", 0, most) for most in (U8, U16, U32, U64))
VERSION: Spec = ("int", 1, U32)
AGE_OR_NULL: Spec = ("int", 0, U32, "null")
NAME, TEXT, BOOL = ("str", 0, 253), ("str", 0, 64), ("bool",)
INSTANCE, DIGEST, ANY_BYTES = ("bytes", 0, 8), ("bytes", 0, 16), ("bytes", 0, 1200)
EPOCH: Spec = ("int", 0, U32 - 1)
KEY, LINE, WORD = ("str", 0, 128), ("str", 0, 128), ("str", 0, 16)
SOME_KEY: Spec = ("str", 1, 128)

WINDOW: list[Spec] = [INT32, NAME, INT32, INT32, INT32, BOOL]
TARGET_ROW: list[Spec] = [
    ("str", 1, 63), VERSION, ("shape", WINDOW), BOOL,
    INT32, INT32, INT32, INT32, INT32, INT8, INT32, INT32, INT64, INT32, INT32,
    ("int", -2, 63), AGE_OR_NULL, INT16, AGE_OR_NULL, AGE_OR_NULL, AGE_OR_NULL, INT32, INT32, INT32,
    INT16, AGE_OR_NULL, AGE_OR_NULL, INT32, INT32, INT32, DIGEST,
]  # fmt: skip
FACTORY_ROW: list[Spec] = [
    VERSION, TEXT, INSTANCE, INT32, INT32, INT32, INT16, AGE_OR_NULL, INT16, DIGEST, TEXT, INT32, INT64,
    INT64, AGE_OR_NULL,
]  # fmt: skip
SPAN: list[Spec] = [INT32, INT32, INT32]
FACTORY_OR_NULL: Spec = ("shape", FACTORY_ROW, "null")
ROWS: Spec = ("list", TARGET_ROW, 64)
ANNOUNCE: list[Spec] = [*SPAN, BOOL, FACTORY_OR_NULL, ROWS, ANY_BYTES]
ORIGIN: list[Spec] = [
    ("str", 1, 253), EPOCH, *SPAN, INT64, INT32, TEXT, INT16, FACTORY_OR_NULL, ROWS,
]  # fmt: skip
RIVAL: Spec = ("shape", [EPOCH, INSTANCE, TEXT, INT16, INT32], "null")
GREETING: list[Spec] = [INSTANCE, NAME, INT8, INT8, RIVAL]
MACHINE: list[Spec] = [
    SOME_KEY, NAME, ("bytes", 0, 16), ("str", 1, 63), WORD, WORD, INT32, INT64, INT32, AGE_OR_NULL,
    AGE_OR_NULL, AGE_OR_NULL, INT64, AGE_OR_NULL, AGE_OR_NULL, BOOL, ("int", -2, 63), WORD, LINE, BOOL,
]  # fmt: skip

MESSAGES: dict[int, tuple[int, list[Spec]]] = {
    1: (6, ANNOUNCE),
    2: (2, [("bytes", 512, 1024), ("bytes", 0, 64), ANY_BYTES]),
    3: (4, [("bytes", 0, 16), BOOL, ("bytes", 0, 16 * 56), ("bytes", 0, 24 * 8)]),
    4: (1, [("list", ORIGIN, 64), BOOL]),
    5: (1, [("bytes", 0, 16 * 56), ANY_BYTES]),
    6: (1, [INT64, *GREETING, ANY_BYTES]),
    7: (1, [INT64, INT64, *GREETING, ("list", [NAME, TEXT, INT16], 16)]),
    8: (6, ANNOUNCE),
    9: (2, [INT64, INT8, KEY, ANY_BYTES]),
    10: (3, [INT64, INT8, BOOL, ("list", MACHINE, 64), ("list", [SOME_KEY, ("str", 0, 256)], 64)]),
}
"""Type to how many fields are required, and all fields."""


def unpack(body: bytes) -> Any:
    try:
        return msgpack.unpackb(body, raw=False, use_list=True, strict_map_key=False)
    except (ValueError, msgpack.UnpackException) as error:
        raise Refused("decode") from error


def message(kind: int, body: bytes) -> list[Any]:
    """Return the known fields of a body."""
    required, specs = MESSAGES[kind]
    fields = unpack(body)
    _check(isinstance(fields, list) and len(fields) >= required)
    known: list[Any] = fields[: len(specs)]
    for value, spec in zip(known, specs, strict=False):
        _field(value, spec)
    _meaning(kind, known)
    return known


def _check(condition: object) -> None:
    if not condition:
        raise Refused("decode")


def _field(value: Any, spec: Spec) -> None:
    if value is None:
        _check(spec[-1] == "null")
        return
    kind = spec[0]
    if kind == "bool":
        _check(isinstance(value, bool))
    elif kind == "int":
        _check(isinstance(value, int) and not isinstance(value, bool) and spec[1] <= value <= spec[2])
    elif kind in {"str", "bytes"}:
        _check(isinstance(value, str if kind == "str" else bytes) and spec[1] <= len(value) <= spec[2])
    elif kind == "list":
        _check(isinstance(value, list) and len(value) <= spec[2])
        for one in value:
            _shape(one, spec[1])
    else:
        _shape(value, spec[1])


def _shape(value: Any, specs: list[Spec]) -> None:
    _check(isinstance(value, list) and len(value) >= len(specs))
    for one, spec in zip(value, specs, strict=False):
        _field(one, spec)


def _meaning(kind: int, fields: list[Any]) -> None:
    if kind in {1, 8}:
        _span(fields[0:3], fields[4], fields[5])
    elif kind == 4:
        for origin in fields[0]:
            _span(origin[2:5], origin[9], origin[10])
    elif kind == 2:
        _check(len(fields[0]) in {512, 1024})


def _span(versions: list[int], factory: list[Any] | None, rows: list[list[Any]]) -> None:
    start, end, latest = versions
    _check(start <= end <= latest)
    _check(all(start < row[1] <= end for row in rows))
    texts = [(row[0], 63) for row in rows] + [(row[2][1], 253) for row in rows]
    if factory is not None:
        _check(start < factory[0] <= end)
        texts += [(factory[1], 64), (factory[10], 64)]
    _check(all(len(text.encode()) <= most and text.isprintable() for text, most in texts))


# -- section 7: what a receiver checks, in its order -----------------------------------------------------

GREETINGS = {6, 7, 9, 10}
OBSERVERS_SAY = {6, 2, 5, 9}


@dataclass
class Proved:
    epoch: int
    sources: set[tuple[str, int]]
    highest: int
    seen: set[int] = field(default_factory=set)

    def takes(self, sequence: int) -> bool:
        return self.highest - sequence < 128 and sequence not in self.seen

    def take(self, sequence: int) -> None:
        self.highest = max(self.highest, sequence)
        self.seen.add(sequence)


@dataclass
class Known:
    """What is held of a factory: section 9.3 and 9.5."""

    epoch: int
    version: int = 0
    latest: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[int, int, dict[str, int]]] = field(default_factory=list)

    def take(self, versions: list[int], rows: list[list[Any]]) -> None:
        start, end, latest = versions
        self.latest = max(self.latest, latest)
        self.waiting.append((start, end, {row[0]: row[1] for row in rows}))
        while fitting := [span for span in self.waiting if span[0] <= self.version]:
            self._apply(*fitting[0][1:])
            self.waiting.remove(fitting[0])

    def begin(self, epoch: int) -> None:
        self.epoch, self.version, self.latest, self.waiting = epoch, 0, 0, []
        self.rows = dict.fromkeys(self.rows, 0)

    def _apply(self, end: int, rows: dict[str, int]) -> None:
        newer = {target: version for target, version in rows.items() if version > self.rows.get(target, 0)}
        self.rows |= newer
        self.version = max(self.version, end)
        if self.version >= self.latest:
            self.rows = {target: version for target, version in self.rows.items() if version}


class Receiver:
    """What has to be known to tell why a datagram is refused, and what is held in the end."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.keys = {}
        for key in reversed(told["keys"]):
            secret = bytes.fromhex(key["secret"])
            self.keys[key_id(secret)] = key["role"], space_key(secret, told["space"])
        self.me = factory_id(told["name"])
        self.instance = bytes.fromhex(told["instance"])
        self.excluded = {factory_id(name) for name in told["exclude"]}
        self.nonces = {int(told["nonces"][0]): (tuple(told["peers"][0]), 0.0)}
        self.proved: dict[bytes, Proved] = {}
        self.names: dict[bytes, str] = {}
        self.known: dict[str, Known] = {}

    def held(self) -> dict[str, Any]:
        """Return what is held of others."""
        return {
            name: {"epoch": one.epoch, "version": one.version, "rows": one.rows}
            for name, one in self.known.items()
        }

    def verdict(self, data: bytes, source: tuple[str, int], now: float) -> str:
        """Return the reason for which a datagram is refused; empty: it is taken."""
        try:
            self._take(data, source, now)
        except Refused as refused:
            return str(refused.args[0])
        return ""

    def _take(self, data: bytes, source: tuple[str, int], now: float) -> None:
        found = frame(data)
        if found.key_id not in self.keys:
            raise Refused("key")
        role, key = self.keys[found.key_id]
        if tag(found.signed, key) != found.tag:
            raise Refused("tag")
        if found.type not in MESSAGES:
            raise Refused("type")
        if role == "observe" and found.type not in OBSERVERS_SAY:
            raise Refused("role")
        if found.sender in self.excluded:
            raise Refused("excluded")
        self._sender(found, source)
        fields = message(found.type, found.body)
        if found.type in {6, 7}:
            self._greeting(found, fields, source, now)
        elif found.type in {1, 8}:
            self.known[self.names[found.sender]].take(fields[0:3], fields[5])
        elif found.type == 4:
            for origin in fields[0]:
                self._hearsay(origin)

    def _hearsay(self, origin: list[Any]) -> None:
        name, epoch, age = origin[0], origin[1], origin[6]
        if factory_id(name) in self.excluded | {self.me}:
            return
        if name not in self.known:
            if age / 10 + 1 > 86_400 or not name.isprintable():
                return
            self.known[name] = Known(epoch)
        known = self.known[name]
        if epoch > known.epoch:
            known.begin(epoch)
        if epoch == known.epoch:
            known.take(origin[2:5], origin[10])

    def _sender(self, found: Frame, source: tuple[str, int]) -> None:
        if found.epoch > U32 - 1:
            raise Refused("epoch")
        known = self.proved.get(found.sender)
        greeting = found.type in GREETINGS
        if not greeting and found.sender == self.me:
            raise Refused("itself")
        if not greeting and known is not None and found.epoch < known.epoch:
            raise Refused("epoch")
        same = known is not None and found.epoch == known.epoch
        if not greeting and known is not None and same and not known.takes(found.sequence):
            raise Refused("sequence")
        if known is not None and same and source in known.sources and known.takes(found.sequence):
            known.take(found.sequence)
        elif not greeting:
            raise Refused("unproven")

    def _greeting(self, found: Frame, fields: list[Any], source: tuple[str, int], now: float) -> None:
        at = 1 if found.type == 6 else 2
        instance = fields[at] if len(fields) > at else b""
        name = fields[at + 1] if len(fields) > at + 1 else ""
        if name and factory_id(name) != found.sender:
            raise Refused("name")
        if found.type == 6:
            if found.sender == self.me and instance == self.instance:
                raise Refused("itself")
            return
        address, sent = self.nonces.pop(fields[0], (None, 0.0))
        if address is None or now - sent > 30.0:
            raise Refused("echo")
        lowest, highest = (fields[at + 2], fields[at + 3]) if len(fields) > at + 3 else (1, 1)
        if not lowest <= 1 <= highest:
            raise Refused("version")
        if name:
            self.names[found.sender] = name
            self.known.setdefault(name, Known(found.epoch))
            self.proved[found.sender] = Proved(
                found.epoch,
                {address, source},
                found.sequence,
                set(range(found.sequence - 128, found.sequence + 1)),
            )
