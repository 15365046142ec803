"""The metadata service on sockets: who is who, what hostile machines try, and how soon many are answered."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.unit.factory.metadata_floor import FIRST, NOBODY, SECOND, Floor, having_a_floor
from tests.unit.machines.metadata_samples import USER_DATA, resident
from vacnet.factory import metadata_connection
from vacnet.factory.metadata_server import MetadataServer
from vacnet.machines.message import read_message
from vacnet.machines.metadata.tokens import TTL_HEADER
from vacnet.machines.proof import shows_proof
from vacnet.machines.runtime import NotNowError

DOTS = "%2e%2e%2f"
GARBAGE = (b"\x16\x03\x01" + bytes(200), b"GET " + b"a" * 100_000, b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50)


def below(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*"))


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with having_a_floor(tmp_path) as found:
        yield found


async def test_a_machine_is_known_by_its_address(floor: Floor) -> None:
    for by, machine in floor.machines.items():
        assert await floor.ask("/latest/meta-data/instance-id", by=by) == (200, machine.spec.uuid.encode())
    assert await floor.ask("/latest/user-data") == (200, USER_DATA)
    assert await floor.ask("/", by=NOBODY) == (403, b"no machine of this factory has this address\n")


async def test_what_it_puts_is_its_own_joboutput(floor: Floor) -> None:
    message = b"300 Nothing to do"
    assert await floor.ask("/joboutputs/shutdown_message", method="PUT", data=message) == (201, b"")
    assert read_message(floor.outputs()) == message
    assert list(floor.outputs(SECOND).iterdir()) == []
    assert (await floor.ask("/joboutputs/job_started", method="PUT", data=b""))[0] == 201
    assert shows_proof(floor.machines[FIRST].spec)
    assert (await floor.ask("/joboutputs/x", method="PUT", data=b"x", by=NOBODY))[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/joboutputs/../../x", "/joboutputs/%2e%2e%2f%2e%2e%2fx", "/joboutputs/..%2fx", "/joboutputs/a%00b"],
)
async def test_no_path_leaves_the_directory(floor: Floor, path: str, tmp_path: Path) -> None:
    before = below(tmp_path)
    told = await floor.raw(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx".encode())
    assert told.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    assert below(tmp_path) == before


async def test_ten_gigabytes_are_refused_before_they_come(floor: Floor) -> None:
    head = b"PUT /joboutputs/big HTTP/1.1\r\nHost: x\r\nContent-Length: 10737418240\r\n"
    told = await floor.raw(head + b"Expect: 100-continue\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 413")
    assert b"this one has 10.0 GiB" in told
    assert list(floor.outputs().iterdir()) == []


async def test_who_expects_it_is_told_to_go_on(floor: Floor) -> None:
    head = b"PUT /joboutputs/log HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    told = await floor.raw(head + b"end")
    assert told.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201")
    assert (floor.outputs() / "log").read_bytes() == b"end"


async def test_a_body_that_is_broken_off_is_no_file_and_holds_up_nobody(floor: Floor) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", floor.port, local_addr=(FIRST, 0))
    writer.write(b"PUT /joboutputs/log HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf")
    home = floor.machines[FIRST].spec.directory
    while not list(home.glob(".incoming-*")):  # noqa: ASYNC110 (a file has no event)
        await asyncio.sleep(0.001)
    for by in (FIRST, SECOND):
        assert (await floor.ask("/joboutputs/heartbeat", method="PUT", data=b"", by=by))[0] == 201
    writer.close()
    while list(home.glob(".incoming-*")):  # noqa: ASYNC110 (the same)
        await asyncio.sleep(0.001)
    assert [path.name for path in floor.outputs().iterdir()] == ["heartbeat"]


async def test_what_is_no_http_ends_in_silence_and_the_next_is_answered(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    for garbage in GARBAGE:
        _, writer = await asyncio.open_connection("127.0.0.1", floor.port, local_addr=(FIRST, 0))
        writer.write(garbage)
        writer.close()
    told = await floor.raw(b"GET /latest/user-data HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n")
    assert told.startswith(b"HTTP/1.") and b" 400 " in told.split(b"\r\n")[0]  # noqa: PT018 (one statement)
    assert (await floor.ask("/latest/user-data"))[0] == 200
    assert caplog.text == ""


async def test_a_machine_has_a_few_connections_and_others_are_answered(floor: Floor) -> None:
    idle = [
        await asyncio.open_connection("127.0.0.1", floor.port, local_addr=(FIRST, 0))
        for _ in range(metadata_connection.PER_PEER_MAX)
    ]
    assert (await floor.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 200")
    assert await idle[0][0].read() == b"", "the oldest that said nothing made room"
    assert len(floor.server._connections[FIRST]) < metadata_connection.PER_PEER_MAX
    for _, writer in idle:
        writer.close()


async def test_a_machine_that_has_all_its_connections_at_work_gets_no_more(floor: Floor) -> None:
    head = b"PUT /joboutputs/log HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    busy = [
        await asyncio.open_connection("127.0.0.1", floor.port, local_addr=(FIRST, 0))
        for _ in range(metadata_connection.PER_PEER_MAX)
    ]
    for _, writer in busy:
        writer.write(head)
    while [one.is_heard for one in floor.server._connections.get(FIRST, [])] != [True] * len(busy):  # noqa: ASYNC110 (no event)
        await asyncio.sleep(0.001)
    assert await floor.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    assert (await floor.ask("/", by=SECOND))[0] == 200
    for _, writer in busy:
        writer.close()


async def test_who_sends_no_head_is_closed(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_connection, "HEAD_SECONDS", 0.01)
    assert await floor.raw(b"GET /latest/us") == b""


async def test_a_machine_that_asks_without_end_is_slowed_and_others_are_not(floor: Floor) -> None:
    floor.server._clock = lambda: 1000.0  # time stands still, so nothing is filled up
    for machine in floor.machines.values():
        floor.server.admit(machine)
    told = [(await floor.ask("/latest/meta-data/mac"))[0] for _ in range(302)]
    assert told.count(200) == 300
    assert told[-2:] == [429, 429]
    assert (await floor.ask("/latest/meta-data/mac", by=SECOND))[0] == 200


async def test_a_token_does_not_get_beyond_the_machine(floor: Floor) -> None:
    status, token = await floor.ask("/latest/api/token", method="PUT", headers={TTL_HEADER: "60"})
    assert status == 200
    shown = {"X-aws-ec2-metadata-token": token.decode()}
    assert (await floor.ask("/latest/user-data", headers=shown))[0] == 200
    assert (await floor.ask("/latest/user-data", by=SECOND, headers=shown))[0] == 401


async def test_the_hops_of_a_token_are_one(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    hops: list[int] = []
    respond = metadata_connection.Connection.connection_lost

    def lost(self: metadata_connection.Connection, exc: BaseException | None) -> None:
        assert self.transport is not None
        found = self.transport.get_extra_info("socket")
        hops.append(found.getsockopt(socket.IPPROTO_IP, socket.IP_TTL))
        respond(self, exc)

    monkeypatch.setattr(metadata_connection.Connection, "connection_lost", lost)
    await floor.ask("/latest/api/token", method="PUT", headers={TTL_HEADER: "60"})
    while not hops:  # noqa: ASYNC110 (the end of a connection has no event here)
        await asyncio.sleep(0.001)
    assert hops == [1]


async def test_a_machine_that_is_dismissed_is_nobody(floor: Floor) -> None:
    await floor.server.dismiss(floor.machines[FIRST].spec.id)
    assert (await floor.ask("/"))[0] == 403
    assert (await floor.ask("/", by=SECOND))[0] == 200
    await floor.server.dismiss("of no machine")


async def test_an_address_is_its_newest_machine_s(floor: Floor, tmp_path: Path) -> None:
    newer = resident(tmp_path, 7, address=FIRST)
    floor.server.admit(newer)
    assert await floor.ask("/latest/meta-data/instance-id") == (200, newer.spec.uuid.encode())


async def test_a_door_is_one_machine_s_wherever_it_comes_from(floor: Floor, tmp_path: Path) -> None:
    inside = resident(tmp_path, 8, address="")
    port, key = await floor.server.open_door(inside), f"/{inside.spec.uuid}"
    assert await floor.server.open_door(inside) == port
    for by in (FIRST, NOBODY):
        told = await floor.ask(f"{key}/latest/meta-data/instance-id", by=by, port=port)
        assert told == (200, inside.spec.uuid.encode())
    assert (await floor.ask(key, port=port))[1].startswith(b"1.0\n")
    put = await floor.ask(f"{key}/joboutputs/log", port=port, method="PUT", data=b"x")
    assert (put, floor.outputs_of(inside)) == ((201, b""), ["log"])
    listing = await floor.ask(f"{key}/jobfeatures/", port=port)
    link = f'<a href="http://169.254.169.254:{port}{key}/jobfeatures/job_id">'
    assert link.encode() in listing[1]
    await floor.server.dismiss(inside.spec.id)
    with pytest.raises(aiohttp.ClientConnectionError):
        await floor.ask("/", port=port)
    assert await floor.server.open_door(inside, port) == port, "after a restart it has the same port"


async def test_a_seed_disk_tells_a_machine_its_own_door(floor: Floor, tmp_path: Path) -> None:
    script = b"curl -T x http://169.254.169.253/joboutputs/\n"
    inside = resident(tmp_path, 9, address="", user_data=script)
    assert script in floor.server.seed(inside)
    port = await floor.server.open_door(inside)
    moved = f"curl -T x http://169.254.169.254:{port}/{inside.spec.uuid}/joboutputs/\n"
    assert moved.encode() in floor.server.seed(inside)


async def test_an_address_that_cannot_be_had_is_told(floor: Floor) -> None:
    with pytest.raises(NotNowError, match=r"cannot listen on 192.0.2.1:80 .Cannot assign requested address"):
        await floor.server.listen("192.0.2.1")
    other = MetadataServer()
    with pytest.raises(NotNowError, match=r"Address already in use.*see which program has it"):
        await other.listen("127.0.0.1", floor.port)
    await other.close()
    assert await floor.server.listen("127.0.0.1", 0) == floor.port


async def test_a_fault_of_ours_is_told_as_one(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError

    monkeypatch.setattr(floor.server, "_site", broken)
    assert (await floor.ask("/vendor-data"))[0] == 500
    assert (await floor.ask("/latest/user-data"))[0] == 200


async def test_who_never_ends_is_closed_and_leaves_nothing(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata_connection, "LIFE_SECONDS", 0.1)
    head = b"PUT /joboutputs/log HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    await floor.raw(head + b"drip")
    home = floor.machines[FIRST].spec.directory
    while list(home.glob(".incoming-*")):  # noqa: ASYNC110 (a file has no event)
        await asyncio.sleep(0.001)
    assert list(floor.outputs().iterdir()) == []
    assert not floor.server._connections
