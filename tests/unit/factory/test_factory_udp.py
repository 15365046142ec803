"""The UDP endpoint on loopback: batches, both families, errors counted and never raised."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest

from vacnet.factory import udp
from vacnet.factory.udp import DATAGRAMS_A_TURN, Endpoint, ListenError, sender_of, split_address
from vacnet.space.address import Address

Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def received() -> list[bytes]:
    return []


@pytest.fixture
def endpoint(received: list[bytes]) -> Iterator[Endpoint]:
    made = Endpoint(("127.0.0.1:0",), lambda data, _address: received.append(data))
    yield made
    made.close()


def _send(count: int, to: Address) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(count):
            sender.sendto(b"%d" % number, to)


def test_a_drain_takes_no_more_than_it_is_told(endpoint: Endpoint, received: list[bytes]) -> None:
    _send(100, endpoint.addresses()[0])
    endpoint.drain(DATAGRAMS_A_TURN)
    assert len(received) == 64
    endpoint.drain(DATAGRAMS_A_TURN)
    assert received == [b"%d" % number for number in range(100)]


async def test_the_loop_hands_over_what_comes(
    endpoint: Endpoint, received: list[bytes], until: Until
) -> None:
    loop = asyncio.get_running_loop()
    endpoint.watch(loop)
    _send(200, endpoint.addresses()[0])
    await until(lambda: len(received) == 200)
    endpoint.unwatch(loop)


def test_an_address_of_one_link_is_answered_on_that_link() -> None:
    loopback = socket.if_nametoindex("lo")
    assert sender_of(("fe80::1", 995, 0, loopback)) == ("fe80::1%lo", 995)
    assert sender_of(("fe80::1", 995, 0, 1 << 30)) == (f"fe80::1%{1 << 30}", 995)
    assert sender_of(("2001:db8::1", 995, 0, 0)) == ("2001:db8::1", 995)
    assert sender_of(("192.0.2.1", 995)) == ("192.0.2.1", 995)


def test_ipv4_and_ipv6_are_served_by_one_endpoint() -> None:
    came: list[tuple[bytes, Address]] = []
    both = Endpoint(("127.0.0.1:0", "[::1]:0"), lambda data, address: came.append((data, address)))
    try:
        for address in both.addresses():
            both.send(b"to " + address[0].encode(), address)
        both.drain(10)
        assert sorted(came) == sorted((b"to " + a[0].encode(), a) for a in both.addresses())
    finally:
        both.close()


def test_an_answer_leaves_where_the_question_came_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "SENDERS_KEPT", 2)

    def answer(data: bytes, address: Address) -> None:
        two.send(data, address)

    two = Endpoint(("127.0.0.1:0", "127.0.0.2:0"), answer)
    askers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    try:
        for asker in askers:
            asker.bind(("127.0.0.1", 0))
            for address in two.addresses():
                asker.sendto(b"?", address)
                two.drain(10)
                assert asker.recvfrom(10) == (b"?", address)
        assert len(two._heard_on) == 2
    finally:
        two.close()
        for asker in askers:
            asker.close()


def test_a_datagram_too_long_for_the_path_is_counted_not_raised(endpoint: Endpoint) -> None:
    endpoint.send(b"x" * 70_000, endpoint.addresses()[0])
    assert endpoint.counters == {"send_emsgsize": 1}


def test_an_address_of_a_family_that_is_not_listened_on_is_counted(endpoint: Endpoint) -> None:
    endpoint.send(b"", ("::1", 5995))
    assert endpoint.counters == {"sent_no_such_family": 1}


def test_what_the_kernel_dropped_is_known(endpoint: Endpoint) -> None:
    buffer = endpoint._sockets[0]
    buffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert endpoint.dropped_by_kernel() == 0
    _send(200, endpoint.addresses()[0])
    assert endpoint.dropped_by_kernel() > 100


def test_an_address_in_use_is_named_with_what_to_do(endpoint: Endpoint) -> None:
    taken = "{}:{}".format(*endpoint.addresses()[0])
    with pytest.raises(ListenError, match=f"cannot listen on {taken} for UDP.*another port"):
        Endpoint((taken,), lambda _data, _address: None)


@pytest.mark.parametrize("text", ["localhost:5995", "5995", "127.0.0.1", "127.0.0.1:70000", "[::1]:x"])
def test_what_is_no_address_is_refused_with_the_value(text: str) -> None:
    with pytest.raises(ListenError, match=r"\[space\] listen"):
        Endpoint((text,), lambda _data, _address: None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:5995", ("127.0.0.1", 5995)), ("[::1]:1", ("::1", 1)), ("::1:2", ("::1", 2))],
)
def test_addresses_of_both_families_are_split(text: str, expected: Address) -> None:
    assert split_address(text) == expected
