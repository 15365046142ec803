"""The port of the metrics: what is answered there, and what a client that means no good is let do."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from tests.unit.console import scenes
from vacnet.factory.metrics import server as metrics_server
from vacnet.factory.metrics.exposition import FactoryCollector
from vacnet.factory.metrics.seen import Seen
from vacnet.factory.metrics.server import MetricsError, MetricsServer, address_of
from vacnet.factory.tally import Durations, Tally
from vacnet.record import Count
from vacnet.space.counters import Counters

Ask = Callable[[bytes], "asyncio.Future[bytes]"]


def _seen() -> Seen:
    return Seen(
        space=scenes.SPACES["healthy"],
        machines=scenes.MACHINES["working"].machines,
        restricted=False,
        record_trouble=False,
        problems={},
        gossip=Counters(),
        kernel_dropped=0,
        receive_buffer_bytes=1,
        broken_datagrams=0,
        udp_errors=0,
        counts=(),
        tally=Tally(),
        decisions=Durations(),
    )


class _Port:
    """A server on a port of loopback that was free."""

    def __init__(self) -> None:
        self.looks = 0
        self.server = MetricsServer(self._look)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address: tuple[str, int] = free.getsockname()

    async def _look(self) -> Seen:
        self.looks += 1
        return _seen()

    async def ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self.address)
        writer.write(request)
        try:
            return await reader.read()
        finally:
            writer.close()


@pytest.fixture
async def port() -> AsyncIterator[_Port]:
    port = _Port()
    await port.server.start(port.address)
    yield port
    await port.server.close()


GET = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_one_answer_and_the_connection_is_closed(port: _Port) -> None:
    answer = await port.ask(GET)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"vacnet_build_info{" in answer


async def test_all_who_ask_within_a_second_share_one_look(port: _Port) -> None:
    await asyncio.gather(*(port.ask(GET) for _ in range(8)))
    assert port.looks == 1


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n", b"404"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", b"400"),
        (b"\x16\x03\x01\r\n\r\n", b"400"),
    ],
)
async def test_whatever_else_is_asked_is_refused_at_once(port: _Port, request_: bytes, status: bytes) -> None:
    answer = await port.ask(request_)
    assert answer.split()[1] == status
    assert port.looks == 0


async def test_a_client_that_says_nothing_is_let_go(port: _Port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "PATIENCE_SECONDS", 0.05)
    assert await port.ask(b"GET /metr") == b""


async def test_connections_beyond_the_bound_are_closed_at_once(port: _Port) -> None:
    held = [await asyncio.open_connection(*port.address) for _ in range(metrics_server.CONNECTIONS_MAX)]
    assert await port.ask(b"") == b""
    for _, writer in held:
        writer.close()
        await writer.wait_closed()


async def test_a_failing_look_is_an_answer_of_500_and_the_next_is_asked_anew(port: _Port) -> None:
    good, port.server._look = port.server._look, _failing
    assert (await port.ask(GET)).split()[1] == b"500"
    port.server._look = good
    assert (await port.ask(GET)).split()[1] == b"200"


async def _failing() -> Seen:
    raise RuntimeError("no")


async def test_a_port_that_is_taken_is_told_with_what_to_do(port: _Port) -> None:
    with pytest.raises(MetricsError, match=r"cannot listen on 127\.0\.0\.1:.*another address:port"):
        await MetricsServer(port._look).start(port.address)


def test_it_listens_on_loopback_at_the_number_of_gossip_unless_told() -> None:
    assert address_of("", 8885) == ("127.0.0.1", 8885)
    assert address_of("192.0.2.1:9100", 8885) == ("192.0.2.1", 9100)
    assert address_of("off", 8885) is None


# --- the counts of the record ---------------------------------------------------------------------


def _ended(target: str, count: int, seconds_ago: float = 60.0) -> Count:
    last = scenes.SPACES["healthy"].time - seconds_ago
    return Count(what="ended", target=target, outcome="ok", count=count, last_wall=last)


def _told(counts: tuple[Count, ...] | None) -> dict[str, float]:
    seen = dataclasses.replace(_seen(), counts=counts)
    (family,) = (one for one in FactoryCollector(seen).collect() if one.name == "vacnet_machines_ended")
    return {one.labels["target"]: one.value for one in family.samples if one.labels["outcome"] == "ok"}


def test_counts_that_were_never_read_are_told_as_none_and_not_as_nothing() -> None:
    assert _told(None) == {}


def test_the_last_end_of_a_target_that_is_offered_no_more_is_told_for_an_hour() -> None:
    offered = scenes.SPACES["healthy"].targets[0].name
    assert _told(())[offered] == 0
    told = _told((_ended(offered, 7), _ended("gone", 3), _ended("long-gone", 2, seconds_ago=4000)))
    assert (told[offered], told["gone"]) == (7, 3)
    assert "long-gone" not in told
