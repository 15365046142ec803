"""Values for the fields of a shape: the least, a usual one, the most that fits into a datagram."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from tools.wire_tables import Field, Shape, shapes
from vacnet.space.limits import BODY_BYTES_MAX
from vacnet.space.wire import Type

Value = Any
"""What MessagePack can carry; a shape is a list of its fields."""

SHAPES: Final = shapes()
U32: Final = (1 << 32) - 1
USUAL_TEXT: Final = {
    "name": "factory2.example.org",
    "address:port": "192.0.2.2:8885",
    "text": "1.0",
    "key": "1700000000_example_01",
    "word": "running",
}
USUAL_BYTES: Final = {
    "random": b"instance",
    "hash": bytes(range(16)),
    "bytes": bytes(range(16)),
    "zeros": b"",
}
USUAL_NUMBER: Final = {"deciseconds": 250, "processors": 8, "UDP port": 8885, "code": 200, "1e-3": 1000}
OVERRIDES: Final[Mapping[tuple[str, str], tuple[Value, Value, Value]]] = {
    ("Announce", "start"): (0, 6, U32 - 2),
    ("Announce", "end"): (0, 7, U32),
    ("Announce", "latest"): (0, 7, U32),
    ("Origin", "start"): (0, 6, U32 - 2),
    ("Origin", "end"): (0, 7, U32),
    ("Origin", "latest"): (0, 7, U32),
    ("Origin", "ip"): ("", "192.0.2.2", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("Rival", "ip"): ("", "192.0.2.2", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("Member", "ip"): ("", "192.0.2.2", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("TargetRow", "target"): ("t", "example", "t" * 63),
    ("TargetRow", "version"): (1, 7, U32),
    ("TargetRow", "claim"): (-2, -1, 63),
    ("FactoryRow", "version"): (1, 7, U32 - 1),
    ("Sync", "hashes"): (bytes(512), bytes(range(256)) * 2, b"\xff" * 1024),
    ("Digest", "buckets"): (b"", bytes([8, 0, 0, 0, 0, 0, 0, 0]), b"\xff" * 16),
    ("Digest", "entries"): (b"", b"f" * 8 + bytes([0, 0, 0, 1, 0, 0, 0, 7]), b"\xff" * 16 * 56),
    ("Digest", "evidence"): (b"", b"", b"\xff" * 24 * 8),
    ("Pull", "wants"): (b"", b"f" * 8 + bytes([0, 0, 0, 1, 0, 0, 0, 7]), b"\xff" * 16 * 56),
    **{(shape, "version_min"): (1, 1, 1) for shape in ("Hello", "Welcome")},
    **{(shape, "version_max"): (1, 1, 255) for shape in ("Hello", "Welcome")},
    ("Query", "topic"): (0, 1, 255),
    ("Answer", "topic"): (0, 1, 255),
}
"""Least, usual and most of fields whose value is not free."""


def least(shape: Shape) -> list[Value]:
    """Return the required fields, each at its least."""
    return [_least(shape, field) for field in shape.fields if field.required]


def usual(shape: Shape) -> list[Value]:
    """Return all fields with values of everyday."""
    return [_usual(shape, field) for field in shape.fields]


def most(shape: Shape, room: int = BODY_BYTES_MAX) -> list[Value]:
    """Return all fields at their most, lists and texts without a bound of their own as the room allows."""
    values = [_most(shape, field) for field in shape.fields]
    for at, field in enumerate(shape.fields):
        if field.kind == "list":
            values[at] = _filled(values, at, field, room)
    for at, field in enumerate(shape.fields):
        if field.kind == "bytes" and field.high is None:
            left = room - len(msgspec.msgpack.encode(values)) - 1  # its length takes a byte more
            values[at] = bytes(max(0, left))
    return values


def messages() -> list[tuple[str, Type, list[Value]]]:
    """Return name, type and body of the vectors of every message."""
    return [
        (f"{kind.name} {size}", kind, make(SHAPES[name]))
        for kind, name in _names().items()
        for size, make in SIZES.items()
    ]


SIZES: Final[Mapping[str, Callable[[Shape], list[Value]]]] = {"least": least, "usual": usual, "most": most}


def _names() -> Mapping[Type, str]:
    from tools.wire_tables import messages as names  # the same word for the same thing, elsewhere

    return names()


def _override(shape: Shape, field: Field, which: int) -> tuple[Value, ...]:
    found = OVERRIDES.get((shape.name, field.name))
    return () if found is None else (found[which],)


def _least(shape: Shape, field: Field) -> Value:
    if found := _override(shape, field, 0):
        return found[0]
    if field.nullable:
        return None
    return {
        "int": field.low,
        "bool": False,
        "str": "x" * field.low,
        "bytes": bytes(field.low),
        "list": [],
        "shape": least(SHAPES[field.shape]) if field.kind == "shape" else None,
    }[field.kind]


def _usual(shape: Shape, field: Field) -> Value:
    if found := _override(shape, field, 1):
        return found[0]
    if field.shape:
        item = usual(SHAPES[field.shape])
        return [item] if field.kind == "list" else item
    return {
        "int": min(USUAL_NUMBER.get(field.unit, 3), field.high or 0),
        "bool": False,
        "str": USUAL_TEXT.get(field.unit, ""),
        "bytes": USUAL_BYTES.get(field.unit, b"")[: field.high],
    }[field.kind]


def _most(shape: Shape, field: Field) -> Value:
    if found := _override(shape, field, 2):
        return found[0]
    if field.kind == "shape":
        return most(SHAPES[field.shape], 0)
    length = 0 if field.kind == "int" else field.high or 0
    return {
        "int": field.high,
        "bool": True,
        "str": "x" * length,
        "bytes": b"\xff" * length,
        "list": [],
    }[field.kind]


def _filled(values: list[Value], at: int, field: Field, room: int) -> list[Value]:
    """Return as many items at their most as fit, at most as many as the bound says."""
    items: list[Value] = []
    item = most(SHAPES[field.shape], 0)
    while len(items) < (field.high or 0):
        tried = [*values[:at], [*items, item], *values[at + 1 :]]
        if len(msgspec.msgpack.encode(tried)) > room:
            break
        items.append(item)
    return items
