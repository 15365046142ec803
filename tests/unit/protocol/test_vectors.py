"""The vectors are those of the codec; the codec, the engine and an independent reader agree on them."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from tests.unit.protocol import independent
from tools.vectors.files import FILES, FOLDER, named
from tools.vectors.scene import SENDER
from tools.wire_tables import messages
from vacnet.space.counters import Reject
from vacnet.space.gossip import Gossip, GossipConfig
from vacnet.space.keyring import KeyRing
from vacnet.space.rows import FactoryRow
from vacnet.space.seal import derive, factory_id, key_id, open_body, read_header
from vacnet.space.table import Known, Rhythm
from vacnet.space.wire import Type, decode, encode

WITHOUT_STORY = {Reject.FULL: "takes 10,000 factories", Reject.RATE: "takes 200 questions"}


def _file(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return read


KEYS, MESSAGES, STORIES = (_file(name) for name in ("keys.json", "messages.json", "stories.json"))


def _ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in found]


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_tables_make(name: str) -> None:
    assert (FOLDER / name).read_text() == FILES[name](), "run: python -m tools.vectors"


def test_names_and_secrets_become_the_same_ids_and_keys_for_all() -> None:
    for one in KEYS["factory_ids"]:
        assert factory_id(one["name"]).hex() == independent.factory_id(one["name"]).hex() == one["id"]
    for one in KEYS["key_ids"]:
        secret = bytes.fromhex(one["secret"])
        assert key_id(secret).hex() == independent.key_id(secret).hex() == one["id"]
    for one in KEYS["keys"]:
        secret = bytes.fromhex(one["secret"])
        found = derive(secret, one["space"]), independent.space_key(secret, one["space"])
        assert [key.hex() for key in found] == [one["key"]] * 2
    for one in KEYS["tags"]:
        data, key = bytes.fromhex(one["data"]), bytes.fromhex(one["key"])
        assert independent.tag(data, key).hex() == one["tag"]
        assert open_body(data + bytes.fromhex(one["tag"]), key) == data[28:]


def test_buckets_and_windows_hash_and_merge_to_the_same_for_all() -> None:
    for one in KEYS["marks"]:
        fid = factory_id(one["name"])
        known = Known(one["name"], fid, Rhythm(), FactoryRow(name=one["name"]), 0.0)
        known.epoch, known.version = one["epoch"], one["version"]
        assert f"{known.mark():016x}" == one["mark"]
        assert independent.mark(fid, one["epoch"], one["version"]).hex() == one["mark"]
    for one in KEYS["windows"]:
        found = independent.window_hash(one["target"], one["number"], one["opener"])
        assert found.hex() == one["hash"]
    for one in KEYS["tables"]:
        count = len(one["hashes"]) // 16
        assert independent.bucket_hashes(one["factories"], count).hex() == one["hashes"]
    for one in KEYS["merges"]:
        assert independent.merged(one["target"], one["one"], one["other"]) == one["merged"]


@pytest.mark.parametrize("vector", MESSAGES["messages"], ids=_ids(MESSAGES["messages"]))
def test_a_message_is_read_alike_by_the_codec_and_by_the_independent_reader(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["datagram"])
    key = derive(bytes.fromhex(MESSAGES["secret"]), MESSAGES["space"])
    header, body = read_header(data), open_body(data, key)
    assert header.key_id.hex() == vector["key_id"]
    assert (header.type, header.fid.hex()) == (vector["type"], vector["sender"])
    assert (header.epoch, header.sequence) == (vector["epoch"], vector["sequence"])
    decoded = msgspec.msgpack.decode(encode(decode(header.type, body)))
    shape = messages()[Type(header.type)]
    sent = vector["fields"]
    assert {name: value for name, value in named(shape, decoded).items() if name in sent} == sent
    alone = independent.message(header.type, body)
    assert named(shape, alone) == sent
    assert independent.tag(data[:-16], key) == data[-16:]


@pytest.mark.parametrize("story", STORIES["stories"], ids=_ids(STORIES["stories"]))
def test_the_engine_makes_of_a_story_what_the_file_says(story: dict[str, Any]) -> None:
    gossip = _receiver(STORIES["receiver"])
    for step in story["steps"]:
        before = gossip.counters.rejects.copy()
        gossip.receive(bytes.fromhex(step["datagram"]), (step["from"][0], step["from"][1]), step["at"])
        gossip.drain()
        assert "".join(gossip.counters.rejects - before) == step["expect"]
    if "then" in story:
        held = {known.name: _held(known) for known in gossip.table.others()}
        assert _without_peer(held, story) == _without_peer(story["then"], story)


@pytest.mark.parametrize("story", STORIES["stories"], ids=_ids(STORIES["stories"]))
def test_the_independent_reader_makes_of_a_story_the_same(story: dict[str, Any]) -> None:
    receiver = independent.Receiver(STORIES["receiver"])
    for step in story["steps"]:
        source = (step["from"][0], step["from"][1])
        assert receiver.verdict(bytes.fromhex(step["datagram"]), source, step["at"]) == step["expect"]
    if "then" in story:
        assert _without_peer(receiver.held(), story) == _without_peer(story["then"], story)


def test_every_reason_to_refuse_a_datagram_has_a_story() -> None:
    told = {step["expect"] for story in STORIES["stories"] for step in story["steps"]}
    assert told - {""} == set(Reject) - set(WITHOUT_STORY)


def test_the_independent_reader_knows_nothing_of_ours() -> None:
    assert "vacnet." not in "".join(
        line for line in Path(independent.__file__).read_text().splitlines() if "import" in line
    )


def _held(known: Known) -> dict[str, Any]:
    rows = {target: known.versions.get(target, 0) for target in known.targets}
    return {"epoch": known.epoch, "version": known.version, "rows": rows}


def _without_peer(held: dict[str, Any], story: dict[str, Any]) -> dict[str, Any]:
    """Leave out the peer that tells, where the story is not about it."""
    return {name: one for name, one in held.items() if name != SENDER or SENDER in story["then"]}


class _Told(Random):
    """Gives the nonces that the vectors state, and is a usual generator for the rest."""

    def __init__(self, nonces: list[int]) -> None:
        super().__init__(1)
        self._nonces = iter(nonces)

    def getrandbits(self, k: int) -> int:
        return next(self._nonces) if k == 64 else super().getrandbits(k)


def _receiver(told: dict[str, Any]) -> Gossip:
    keys = KeyRing([(key["role"], bytes.fromhex(key["secret"])) for key in told["keys"]], told["space"])
    config = GossipConfig(told["space"], told["name"], frozenset(told["exclude"]))
    row = FactoryRow(name=told["name"], instance=bytes.fromhex(told["instance"]))
    gossip = Gossip(config, told["epoch"], keys, row, _Told([int(one) for one in told["nonces"]]), 0.0)
    gossip.set_peers([(ip, port) for ip, port in told["peers"]], 0.0)
    gossip.wake(0.0)
    gossip.drain()
    return gossip
