"""What a hostile machine sends the metadata service, byte by byte: nothing of it reaches another, or us."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from tests.unit.factory.metadata_floor import FIRST, SECOND, Floor, having_a_floor
from tests.unit.machines.metadata_samples import resident
from vacnet.factory import metadata_connection
from vacnet.machines.metadata import outputs as of_outputs

HEAD = "{} HTTP/1.1\r\nHost: 169.254.169.254\r\n"
MIB = 1 << 20


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with having_a_floor(tmp_path) as found:
        yield found


def request(line: str, body: bytes = b"", **headers: str) -> bytes:
    """Return a request; a header's name has ``_`` for ``-``."""
    told = {"Content-Length": str(len(body))} | {n.replace("_", "-"): v for n, v in headers.items()}
    fields = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return (HEAD.format(line) + fields + "\r\n").encode("latin-1") + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("body", [gzip.compress(b"log", mtime=0), b"no gzip"])
async def test_what_is_packed_is_kept_as_it_came(floor: Floor, body: bytes) -> None:
    with structlog.testing.capture_logs() as told:
        answer = await floor.raw(request("PUT /joboutputs/log.gz", body, Content_Encoding="gzip"))
    assert (status(answer), told) == (201, [])
    assert (floor.outputs() / "log.gz").read_bytes() == body


async def test_a_bomb_that_unpacks_to_a_gigabyte_is_kept_packed(floor: Floor) -> None:
    bomb = gzip.compress(bytes(MIB)) * 1024
    answer = await floor.raw(request("PUT /joboutputs/bomb", bomb, Content_Encoding="gzip"))
    assert status(answer) == 201
    assert (floor.outputs() / "bomb").stat().st_size == len(bomb)


CHUNKS = [
    b"zz\r\nx\r\n0\r\n\r\n",
    b"-5\r\nx\r\n0\r\n\r\n",
    b"1\r\nxyz\r\n0\r\n\r\n",
    b"ffffffffffffffffffff\r\nx",
    b"5\r\nx",
    b"1\r\nx\r\n",
]


@pytest.mark.parametrize("lie", CHUNKS)
async def test_chunks_that_lie_are_no_file_and_no_news(floor: Floor, lie: bytes) -> None:
    head = request("PUT /joboutputs/log", Transfer_Encoding="chunked", Content_Length="")
    with structlog.testing.capture_logs() as told:
        answer = await floor.raw(head + lie, end=True)
    assert answer == b"" or status(answer) == 400
    assert list(floor.outputs().iterdir()) == []
    assert told == []
    assert (await floor.ask("/latest/user-data", by=SECOND))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Length": "1\r\nContent-Length: 2"},
        {"Transfer_Encoding": "chunked"},
        {"Content_Length": "0x1"},
        {"Content_Length": "+1"},
        {"A": "a" * 60_000},
        {"A": "b\r\n" + "A: b\r\n" * 5000 + "A: b"},
        {"A": "b\r\n folded"},
        {"A": "\x00"},
    ],
)
async def test_heads_that_lie_or_have_no_end_are_refused(floor: Floor, headers: dict[str, str]) -> None:
    answer = await floor.raw(request("PUT /joboutputs/log", b"x", **headers))
    assert status(answer) == 400
    assert list(floor.outputs().iterdir()) == []


async def test_of_a_pipeline_the_first_is_answered_alone(floor: Floor) -> None:
    both = request("PUT /joboutputs/first", b"1") + request("PUT /joboutputs/second", b"2")
    answer = await floor.raw(both + request("GET /") * 1000)
    assert answer.count(b"HTTP/1.1") == 1
    assert [path.name for path in floor.outputs().iterdir()] == ["first"]


async def test_an_absolute_address_is_answered_as_its_path(floor: Floor) -> None:
    answer = await floor.raw(request("GET http://169.254.169.254/latest/meta-data/mac"))
    assert answer.endswith(floor.machines[FIRST].mac.encode())
    assert status(await floor.raw(request("PUT HTTP://x:80//joboutputs//log", b"x"))) == 201
    assert status(await floor.raw(request("PUT http://x/joboutputs/../log", b"x"))) == 403


async def test_a_part_of_a_file_does_not_pass_for_the_whole(floor: Floor) -> None:
    assert status(await floor.raw(request("PUT /joboutputs/log", b"whole"))) == 201
    answer = await floor.raw(request("PUT /joboutputs/log", b"le", Content_Range="bytes 3-4/5"))
    assert status(answer) == 400
    assert b"a file is put whole" in answer
    assert (floor.outputs() / "log").read_bytes() == b"whole"


async def test_who_never_reads_the_answer_is_closed_all_the_same(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata_connection, "LIFE_SECONDS", 0.2)
    (floor.machines[FIRST].spec.directory / "user_data").write_bytes(bytes(64 * MIB))
    reader, writer = await asyncio.open_connection("127.0.0.1", floor.port, local_addr=(FIRST, 0))
    writer.write(request("GET /latest/user-data"))
    await reader.readexactly(1)
    while floor.server._connections:  # noqa: ASYNC110 (the end of a connection has no event here)
        await asyncio.sleep(0.001)
    writer.close()


async def test_a_fault_of_the_host_s_is_not_told_as_the_machine_s(floor: Floor) -> None:
    machine = floor.machines[FIRST].spec.directory
    (machine / "user_data").unlink()
    (machine / "user_data").mkdir()
    with structlog.testing.capture_logs() as told:
        answer = await floor.ask("/latest/user-data")
    assert answer == (500, b"the factory failed to answer; its log says where\n")
    assert [line["event"] for line in told] == ["metadata.failed"]


async def test_a_directory_that_is_gone_is_told(floor: Floor) -> None:
    (floor.machines[FIRST].spec.directory / "joboutputs").rmdir()
    with structlog.testing.capture_logs() as told:
        answer = await floor.ask("/joboutputs/log", method="PUT", data=b"x")
    assert answer == (500, b"the host cannot keep it (No such file or directory)\n")
    assert told == []


async def test_a_hundred_thousand_files_are_a_thousand(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_outputs, "FILES_MAX", 20)
    floor.server._clock = iter(range(0, 1_000_000, 10)).__next__  # never too many
    told = [status(await floor.raw(request(f"PUT /joboutputs/{number}", b"x"))) for number in range(60)]
    assert (told.count(201), told.count(507)) == (20, 40)
    assert len(list(floor.outputs().iterdir())) == 20
    assert status(await floor.raw(request("PUT /joboutputs/shutdown_message", b"200"), by=SECOND)) == 201


async def test_another_machine_s_name_in_a_request_is_no_way_to_it(floor: Floor) -> None:
    told = {"X_Forwarded_For": SECOND, "X_Real_IP": SECOND, "X_Instance_ID": SECOND, "Forwarded": SECOND}
    asked = request("GET /latest/meta-data/instance-id", b"", **told)
    assert (await floor.raw(asked)).endswith(floor.machines[FIRST].spec.uuid.encode())


async def test_who_knocks_at_another_s_door_learns_and_leaves_nothing(floor: Floor, tmp_path: Path) -> None:
    """Machines in user-mode networking reach all of the host's loopback, so the port alone is no proof."""
    victim, thief = resident(tmp_path, 8, address=""), resident(tmp_path, 9, address="")
    port, _ = await floor.server.open_door(victim), await floor.server.open_door(thief)
    for prefix in (
        "",
        f"/{thief.spec.uuid}",
        f"/{victim.spec.uuid[:-1]}",
    ):
        assert (await floor.ask(f"{prefix}/latest/user-data", port=port))[0] == 403
        put = await floor.ask(f"{prefix}/joboutputs/shutdown_message", port=port, method="PUT", data=b"200")
        assert put == (403, b"no machine of this factory has this address\n")
    assert floor.outputs_of(victim) == floor.outputs_of(thief) == []


async def test_who_knocks_without_end_does_not_keep_a_machine_out(floor: Floor, tmp_path: Path) -> None:
    victim = resident(tmp_path, 8, address="")
    port = await floor.server.open_door(victim)
    knocking = [
        await asyncio.open_connection("127.0.0.1", port, local_addr=(FIRST, 0))
        for _ in range(2 * metadata_connection.PER_PEER_MAX)
    ]
    for _, writer in knocking[::2]:
        writer.write(request("PUT /joboutputs/log", Content_Length="9"))
    beat = f"/{victim.spec.uuid}/joboutputs/heartbeat"
    assert await floor.ask(beat, method="PUT", data=b"", port=port) == (201, b"")
    for _, writer in knocking:
        writer.close()


async def test_strangers_have_one_allowance_between_them_and_machines_are_answered(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is on the host comes from as many addresses of its own as it likes."""
    monkeypatch.setattr(metadata_connection, "CONNECTIONS_MAX", 2 * metadata_connection.PER_PEER_MAX)
    idle = [
        await asyncio.open_connection("127.0.0.1", floor.port, local_addr=(f"127.0.2.{number}", 0))
        for number in range(1, 4 * metadata_connection.PER_PEER_MAX)
    ]
    assert sum(map(len, floor.server._connections.values())) == metadata_connection.PER_PEER_MAX
    assert (await floor.ask("/latest/meta-data/mac"))[0] == 200
    for _, writer in idle:
        writer.close()


@pytest.mark.parametrize("pause_seconds", [0.0, 0.001, 0.004])
async def test_what_was_acknowledged_outlives_a_kill_and_the_rest_is_whole_or_not_there(
    tmp_path: Path, pause_seconds: float
) -> None:
    """Two files of 1 MiB are put, one over the other; the second has no answer yet when the kill comes."""
    words = (sys.executable, "-m", "tests.unit.factory.metadata_killed", str(tmp_path))
    doomed = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert doomed.stdout is not None
    port = int(await doomed.stdout.readline())
    first, writer = await _begin_to_put(port, b"1" * MIB)
    assert status(await first.read()) == 201
    writer.close()
    second, writer = await _begin_to_put(port, b"2" * MIB)
    await asyncio.sleep(pause_seconds)  # each a moment of its own in what the service does with it
    doomed.kill()
    await doomed.wait()
    with suppress(ConnectionError):
        answered = (await second.read()).startswith(b"HTTP/1.1 201")
        assert not answered or left(tmp_path, "joboutputs/log") == [b"2" * MIB]
    writer.close()
    assert left(tmp_path, "joboutputs/log") in ([b"1" * MIB], [b"2" * MIB])
    async with having_a_floor(tmp_path):
        assert left(tmp_path, ".incoming-*") == []


async def _begin_to_put(port: int, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(FIRST, 0))
    writer.write(request("PUT /joboutputs/log", body))
    await writer.drain()
    return reader, writer


def left(home: Path, pattern: str) -> list[bytes]:
    """Return what the files of the first machine hold."""
    return [path.read_bytes() for path in home.glob(f"*_00/{pattern}")]
