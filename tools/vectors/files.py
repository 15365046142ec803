"""The files of `protocol/vectors`, each from what makes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tools.vectors import scene
from tools.vectors.stories import stories
from tools.vectors.story import Story
from tools.vectors.values import SHAPES, messages
from tools.wire_tables import messages as shape_names
from vacnet.space import coding
from vacnet.space.hold import hold_hash
from vacnet.space.rows import FactoryRow
from vacnet.space.seal import derive, factory_id, key_id
from vacnet.space.sync import hashes, pack_hashes
from vacnet.space.table import Known, Rhythm
from vacnet.space.window import merge, window_hash
from vacnet.space.wire import Type, WireWindow

FOLDER: Final = Path(__file__).parents[2] / "protocol" / "vectors"


def keys_file() -> str:
    """Return what is derived from names and secrets."""
    names = (scene.RECEIVER, scene.SENDER, "f", "\u00e4.example.org")
    secrets = (scene.MEMBER, scene.NEXT, scene.OBSERVE)
    spaces = (scene.SPACE, "vac02.example.org")
    return _text(
        {
            "factory_ids": [{"name": name, "id": factory_id(name).hex()} for name in names],
            "key_ids": [{"secret": secret.hex(), "id": key_id(secret).hex()} for secret in secrets],
            "keys": [
                {"secret": secret.hex(), "space": space, "key": derive(secret, space).hex()}
                for secret in secrets
                for space in spaces
            ],
            "tags": [_tag(data) for data in (bytes(28), b"VN" + bytes(range(100)))],
            "marks": [_mark(name, 1_700_000_000, version) for name in names for version in (0, 7)],
            "windows": [_window("example", 0, ""), _window("example", 7, scene.SENDER)],
            "holds": [_hold("example", 3, scene.SENDER), _hold("example", 3, scene.RECEIVER)],
            "tables": [_table(count) for count in (64, 128)],
            "merges": [_merge(one, other) for one in WINDOWS for other in WINDOWS],
        }
    )


WINDOWS: Final = (
    WireWindow(0, "", 0, 0, 0, open=False),
    WireWindow(7, scene.SENDER, 250, 6000, 2, open=False),
    WireWindow(7, scene.SENDER, 300, 3000, 1, open=True),
    WireWindow(7, scene.RECEIVER, 100, 6000, 1, open=False),
    WireWindow(8, scene.RECEIVER, 10, 6000, 3, open=False),
)
"""Windows of one target that meet: none yet, two copies of one, another of its number, a later one."""


def messages_file() -> str:
    """Return every message at its least, as usual, and at its most."""
    speaker = scene.Speaker()
    told = []
    for name, kind, body in messages():
        encoded = msgspec.msgpack.encode(body)
        told.append(
            {
                "name": name,
                "datagram": speaker.says(kind, 7, encoded).hex(),
                "type": int(kind),
                "key_id": key_id(scene.MEMBER).hex(),
                "sender": factory_id(scene.SENDER).hex(),
                "epoch": scene.SENDER_EPOCH,
                "sequence": 7,
                "fields": named(shape_names()[Type(kind)], body),
            }
        )
    return _text({"space": scene.SPACE, "secret": scene.MEMBER.hex(), "messages": told})


def stories_file() -> str:
    """Return what a receiver makes of what reaches it."""
    receiver = {
        "space": scene.SPACE,
        "keys": [{"role": role, "secret": secret.hex()} for role, secret in scene.KEYS],
        "name": scene.RECEIVER,
        "epoch": scene.RECEIVER_EPOCH,
        "instance": scene.RECEIVER_INSTANCE.hex(),
        "exclude": [scene.EXCLUDED],
        "peers": [list(scene.SENDER_ADDRESS)],
        "nonces": [str(nonce) for nonce in scene.NONCES],
    }
    told = [
        {
            "name": story.name,
            "steps": [
                {
                    "at": step.at,
                    "from": list(step.source),
                    "datagram": step.datagram.hex(),
                    "expect": str(step.expect),
                }
                for step in story.steps
            ],
            **_held(story),
        }
        for story in stories()
    ]
    return _text({"receiver": receiver, "stories": told})


def _held(story: Story) -> dict[str, Any]:
    if story.then is None:
        return {}
    told = {
        name: {"epoch": one.epoch, "version": one.version, "rows": dict(one.rows)}
        for name, one in story.then.items()
    }
    return {"then": told}


FILES: Final[Mapping[str, Callable[[], str]]] = {
    "keys.json": keys_file,
    "messages.json": messages_file,
    "stories.json": stories_file,
}


def named(shape: str, values: list[Any]) -> dict[str, Any]:
    """Return the fields of a shape by their names."""
    fields = SHAPES[shape].fields[: len(values)]
    return {field.name: _told(field.shape, value) for field, value in zip(fields, values, strict=True)}


def _told(shape: str, value: Any) -> Any:
    if not shape or value is None:
        return scene.plain(value)
    is_list = not value or isinstance(value[0], list)
    return [named(shape, one) for one in value] if is_list else named(shape, value)


def _tag(data: bytes) -> dict[str, str]:
    key = derive(scene.MEMBER, scene.SPACE)
    return {"key": key.hex(), "data": data.hex(), "tag": _sealed(data, key)[-16:].hex()}


def _sealed(data: bytes, key: bytes) -> bytes:
    return data + hashlib.blake2b(data, digest_size=16, key=key).digest()


def _mark(name: str, epoch: int, version: int) -> dict[str, Any]:
    data = factory_id(name) + epoch.to_bytes(4, "big") + version.to_bytes(4, "big")
    mark = hashlib.blake2b(data, digest_size=8).hexdigest()
    return {"name": name, "epoch": epoch, "version": version, "mark": mark}


def _window(target: str, number: int, opener: str) -> dict[str, Any]:
    found = window_hash(target, number, opener).to_bytes(8, "big").hex()
    return {"target": target, "number": number, "opener": opener, "hash": found}


def _hold(target: str, number: int, author: str) -> dict[str, Any]:
    found = hold_hash(target, number, author).to_bytes(8, "big").hex()
    return {"target": target, "number": number, "author": author, "hash": found}


def _table(count: int) -> dict[str, Any]:
    """Return a table of ten factories and the hashes of its buckets."""
    held = [
        Known(name, factory_id(name), Rhythm(), FactoryRow(name=name), 0.0, epoch=epoch, version=epoch % 7)
        for epoch, name in enumerate((f"factory{number}.example.org" for number in range(10)), start=1)
    ]
    told = [{"name": one.name, "epoch": one.epoch, "version": one.version} for one in held]
    return {"factories": told, "hashes": pack_hashes(hashes(held, count)).hex()}


def _merge(one: WireWindow, other: WireWindow) -> dict[str, Any]:
    merged = merge("example", *(coding.window_from_wire(window, 0.0) for window in (one, other)))
    windows = {"one": one, "other": other, "merged": coding.window_to_wire(merged, 0.0)}
    return {"target": "example"} | {name: msgspec.structs.asdict(window) for name, window in windows.items()}


def _text(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"
