"""Wireshark's dissector shows what the codec reads: of the vectors, of what real factories say, of junk."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.protocol.capture import Capture
from tests.integration.protocol.shown import by_codec, by_tshark
from tests.left_out import leave_out
from tools.space.space import Space
from tools.space.waiting import until
from tools.vectors.files import FOLDER
from vacnet.space.keyring import Key, KeyRing
from vacnet.space.seal import open_body
from vacnet.space.voice import Voice
from vacnet.space.wire import Query, Topic, Type

pytestmark = pytest.mark.engine("tshark")

SAID_SECONDS = 40.0
SHOWN_MOST = 400


@pytest.fixture
def space() -> Iterator[Space]:
    directory = Path(tempfile.mkdtemp(prefix="vn-protocol-"))
    directory.chmod(0o711)
    made = Space.make(directory / "s", 3)
    yield made
    made.down()
    shutil.rmtree(directory)


@pytest.fixture
def captured(space: Space) -> Iterator[Capture]:
    try:
        capture = Capture(member.port for member in space.members)
    except PermissionError:
        leave_out("tshark", "capturing on loopback takes root")
    yield capture
    capture.close()


def test_every_field_of_the_vectors_is_shown_as_the_codec_reads_it(tmp_path: Path) -> None:
    told = json.loads((FOLDER / "messages.json").read_text())["messages"]
    datagrams = [bytes.fromhex(one["datagram"]) for one in told]
    for one, shown, data in zip(told, by_tshark(tmp_path, datagrams), datagrams, strict=True):
        assert shown == by_codec(data), one["name"]


def test_what_real_factories_say_is_shown_as_the_codec_reads_it(
    space: Space, captured: Capture, tmp_path: Path
) -> None:
    space.start()
    key = KeyRing([("member", _secret(space))], space.name).keys[0]
    _ask(space.member(1).port, key)
    space.member(3).stop()
    until(lambda: _types(captured) == {*Type}, SAID_SECONDS, "one of each type has been said")
    datagrams = captured.datagrams[-SHOWN_MOST:]
    for shown, data in zip(by_tshark(tmp_path, datagrams), datagrams, strict=True):
        open_body(data, key.secret)
        assert shown == by_codec(data)


def test_what_is_refused_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    stories = json.loads((FOLDER / "stories.json").read_text())["stories"]
    framed = [one for story in stories for one in story["steps"] if one["expect"] in {"", "decode"}]
    shown = by_tshark(tmp_path, [bytes.fromhex(one["datagram"]) for one in framed])
    problems = [[value for name, value in pairs if "malformed" in name] for pairs in shown]
    taken = [problem for problem, one in zip(problems, framed, strict=True) if one["expect"] == ""]
    refused = [problem for problem, one in zip(problems, framed, strict=True) if one["expect"] == "decode"]
    assert not any(taken)
    assert sum(map(bool, refused)) >= 10
    assert all(pairs[-1][0] == "tag" for pairs in shown)


def _ask(port: int, key: Key) -> None:
    """Ask a factory for its details, and wait for the answer."""
    question = Voice(key).say(Type.QUERY, Query(7, Topic.DETAILS), ("127.0.0.1", port))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(SAID_SECONDS)
        asking.sendto(question.data, question.address)
        asking.recv(2048)


def _types(capture: Capture) -> set[int]:
    return {data[3] for data in capture.datagrams}


def _secret(space: Space) -> bytes:
    lines = (space.member(1).config / "space.key").read_text().splitlines()
    return bytes.fromhex(next(line.split()[1] for line in lines if line.startswith("member")))
