"""What tshark shows of datagrams with our dissector, and what it ought to show: lists of pairs in order."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from tests.integration.protocol import capture
from tools.dissector.lua import PACKED, PACKED_FIELDS
from tools.vectors.values import SHAPES
from tools.wire_tables import messages
from vacnet.space.seal import read_header
from vacnet.space.wire import Type

DISSECTOR = Path(__file__).parents[3] / "protocol" / "vacnet.lua"
HEADER = ("magic", "version", "type", "key_id", "sender", "epoch", "sequence", "tag")
Pairs = list[tuple[str, str]]


def by_tshark(directory: Path, datagrams: list[bytes]) -> list[Pairs]:
    """Return what tshark shows of each, without the header."""
    path = directory / "capture.pcap"
    capture.write(path, datagrams)
    done = subprocess.run(
        ["tshark", "-X", f"lua_script:{DISSECTOR}", "-r", path, "-T", "json"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=True,
        timeout=100,
    )
    frames: list[Any] = json.loads(done.stdout, object_pairs_hook=_Object)
    return [_flat(_find(_find(_find(frame, "_source"), "layers"), "vacnet")) for frame in frames]


class _Object(list[tuple[str, Any]]):
    """A JSON object whose keys may come twice."""


def _find(found: _Object, key: str) -> Any:
    return next(value for name, value in found if name == key)


def _flat(found: _Object) -> Pairs:
    pairs: Pairs = []
    for name, value in found:
        if isinstance(value, _Object):
            pairs += _flat(value)
        else:
            pairs.append((name.removeprefix("vacnet."), value))
    return pairs


def by_codec(datagram: bytes) -> Pairs:
    """Return what stands in a datagram whose body is a message."""
    header = read_header(datagram)
    pairs = [
        ("magic", "VN"),
        ("version", "1"),
        ("type", str(header.type)),
        ("key_id", _hex(header.key_id)),
        ("sender", _hex(header.fid)),
        ("epoch", str(header.epoch)),
        ("sequence", str(header.sequence)),
    ]
    values = msgspec.msgpack.decode(datagram[28:-16])
    return [*pairs, *_shape(messages()[Type(header.type)], values), ("tag", _hex(datagram[-16:]))]


def _shape(shape: str, values: list[Any]) -> Pairs:
    pairs: Pairs = []
    for field, value in zip(SHAPES[shape].fields, values, strict=False):
        name = f"{shape.lower()}.{field.name}"
        if value is None:
            pairs.append(("nil", field.name))
        elif field.kind == "shape":
            pairs += _shape(field.shape, value)
        elif field.kind == "list":
            pairs += [pair for one in value for pair in _shape(field.shape, one)] or [(name, "")]
        else:
            pairs.append((name, _text(value)))
            pairs += _packed(PACKED_FIELDS.get((shape, field.name)), value)
    return pairs


def _packed(name: str | None, data: Any) -> Pairs:
    if name is None:
        return []
    pairs: Pairs = []
    parts = PACKED[name]
    rest = bytes(data)
    while len(rest) >= sum(length for _, length, _ in parts):
        for part, length, kind in parts:
            value, rest = rest[:length], rest[length:]
            told = _hex(value) if kind == "bytes" else str(int.from_bytes(value, "big"))
            pairs.append((f"{name}.{part}", told))
    return pairs


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return _hex(value) if isinstance(value, bytes) else str(value)


def _hex(data: bytes) -> str:
    return data.hex(":")
