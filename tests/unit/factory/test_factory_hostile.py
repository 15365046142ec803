"""Clients that mean no good, at the control socket and the port of the metrics: others are served still.

Each test is of one way to keep a server busy: saying nothing, half of it or no end of it, not reading,
coming by the thousand, listening for ever.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.unit.factory.test_factory_control import QUIET, SPACE, Canned, Ordered
from tests.unit.factory.test_metrics_server import _Port
from vacnet.factory import control
from vacnet.factory.control import Control
from vacnet.factory.messages.space import SpaceState
from vacnet.factory.metrics import server as metrics_server

PATIENCE_SECONDS = 60.0
FEW = 4
SHORT = 0.3
"""Seconds that a client has in these tests, where in a factory it has ten or sixty."""
ASK = b"GET /v1/space HTTP/1.1\r\nHost: x\r\n\r\n"
LISTEN = f"GET /v1/recording?seconds={QUIET} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
HALF = {
    "nothing": b"",
    "half a line": b"GET /v1/sp",
    "half a head": b"GET /v1/space HTTP/1.1\r\nHost: x\r\n",
    "half a body": b"POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
}
WAVES, CROWD = 40, 250
"""Ten thousand connections."""
LARGE = 1 << 23
"""Bytes that no buffer of a socket takes."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Verbose(Canned):
    """Has much to tell of its space."""

    async def space(self) -> SpaceState:
        return msgspec.structs.replace(SPACE, warnings=("w" * LARGE,))


class _Site:
    """A control socket, and clients of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers = Canned()
        self.control = Control(path, "no-such-group", self.answers, Ordered())

    async def connect(self, said: bytes = b"") -> Streams:
        reader, writer = await asyncio.open_unix_connection(str(self.path), limit=1 << 16)
        writer.write(said)
        return reader, writer

    async def is_served(self) -> bool:
        """Tell whether a client like others is answered."""
        reader, writer = await self.connect(ASK)
        line = await reader.readline()
        writer.close()
        return b" 200 " in line


@pytest.fixture
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(control.BOUNDS, connections=FEW, patience_seconds=SHORT, life_seconds=2 * SHORT)
    monkeypatch.setattr(control, "BOUNDS", few)
    monkeypatch.setattr(control, "STREAMS_MAX", FEW - 1)


@pytest.fixture
async def site(tmp_path: Path, bounds: None) -> AsyncIterator[_Site]:
    made = _Site(tmp_path / "c.sock")
    await made.control.start()
    yield made
    await made.control.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the other side ends it."""
    got = b""
    async with asyncio.timeout(PATIENCE_SECONDS):
        with suppress(ConnectionError):
            while piece := await reader.read(1 << 16):
                got += piece
    return got


@pytest.mark.parametrize("said", HALF.values(), ids=HALF)
async def test_who_does_not_finish_a_question_is_let_go_and_makes_room(site: _Site, said: bytes) -> None:
    held = [await site.connect(said) for _ in range(FEW)]
    assert [b" 200 " in await _rest(reader) for reader, _ in held] == [False] * FEW
    assert await site.is_served()
    for _, writer in held:
        writer.close()


async def test_who_does_not_read_its_answer_is_let_go(site: _Site) -> None:
    site.answers.__class__ = _Verbose
    reader, writer = await site.connect(ASK)
    await reader.readline()
    while site.control._door.connected:  # noqa: ASYNC110 (no event tells of it)
        await asyncio.sleep(0.01)
    assert len(await _rest(reader)) < LARGE
    writer.close()


async def test_a_head_without_an_end_is_not_kept(site: _Site) -> None:
    reader, writer = await site.connect(b"GET /v1/space HTTP/1.1\r\n")
    sent = await _sent_until_closed(writer, b"x: y\r\n" * 10_000)
    assert sent < 8 * control.BOUNDS.bytes_in
    await _rest(reader)
    assert await site.is_served()


async def _sent_until_closed(writer: asyncio.StreamWriter, piece: bytes) -> int:
    sent = 0
    with suppress(ConnectionError):
        while not writer.transport.is_closing():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
    return sent


async def test_who_comes_while_too_many_are_there_is_told_so_and_the_next_is_served(site: _Site) -> None:
    held = [await site.connect() for _ in range(FEW)]
    reader, writer = await site.connect(ASK)
    answer = await _rest(reader)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"try again in a minute" in answer
    for _, other in (*held, (reader, writer)):
        other.close()
    while site.control._door.connected:  # noqa: ASYNC110 (no event tells of it)
        await asyncio.sleep(0.01)
    assert await site.is_served()


@pytest.fixture
def many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_ten_thousand_connections_leave_no_more_than_the_few(site: _Site, many_files: None) -> None:
    most = 0
    for _ in range(WAVES):
        crowd = await asyncio.gather(*(site.connect(ASK) for _ in range(CROWD)))
        most = max(most, site.control._door.connected)
        for _, writer in crowd:
            writer.transport.abort()
    assert 0 < most <= FEW
    while site.control._door.connected:  # noqa: ASYNC110 (no event tells of it)
        await asyncio.sleep(0.01)
    assert await site.is_served()


async def test_who_listens_may_stay_but_only_so_many_may_listen(site: _Site) -> None:
    listening = [await site.connect(LISTEN) for _ in range(FEW - 1)]
    for reader, _ in listening:
        await reader.readuntil(f"seconds={QUIET}".encode())
    reader, writer = await site.connect(LISTEN)
    assert b"are sent already" in await reader.readuntil(b"}")
    writer.close()
    only_asked, writer = await site.connect(ASK)
    await _rest(only_asked)  # it was there after those who listen, and its life is over
    writer.close()
    assert site.control._door.staying == FEW - 1
    assert await site.is_served()
    for _, other in listening:
        other.transport.abort()
    while site.control._door.staying:  # noqa: ASYNC110 (no event tells of it)
        await asyncio.sleep(0.01)
    again, writer = await site.connect(LISTEN)
    assert await again.readuntil(f"seconds={QUIET}".encode())
    writer.transport.abort()


# --- the port of the metrics ----------------------------------------------------------------------


@pytest.fixture
async def port() -> AsyncIterator[_Port]:
    port = _Port()
    await port.server.start(port.address)
    yield port
    await port.server.close()


async def test_a_head_without_an_end_is_not_kept_for_prometheus_either(port: _Port) -> None:
    _, writer = await asyncio.open_connection(*port.address)
    writer.write(b"GET /metrics HTTP/1.1\r\n")
    sent = await _sent_until_closed(writer, b"x: y\r\n" * 10_000)
    assert sent < (64 << 20), "buffers of both sides of a TCP connection take some MiB"
    assert b"vacnet_build_info" in await port.ask(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    assert metrics_server.BYTES_IN_MAX < (1 << 20)
