"""Probing peers over real sockets: short answers only, another version, and answers to somebody else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from vacnet.cli.probing import NARROW, NO_ANSWER, Probe, Prober, namesakes
from vacnet.space import wire
from vacnet.space.keyring import KeyRing
from vacnet.space.seal import Header, open_body, read_header, seal

KEY = KeyRing([("observe", bytes(range(32)))], "test").keys[0]
Reply = Callable[[wire.Hello, int], wire.Welcome | None]


@contextmanager
def answering(reply: Reply) -> Iterator[tuple[str, int]]:
    """Answer HELLOs on loopback as `reply` says, of the greeting and its length."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer, args=(bound, reply))
        thread.start()
        try:
            yield bound.getsockname()
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", bound.getsockname())
            thread.join()


def _answer(bound: socket.socket, reply: Reply) -> None:
    while True:
        data, address = bound.recvfrom(2048)
        if not data:
            return
        header = read_header(data)
        hello = wire.decode(header.type, open_body(data, KEY.secret))
        assert isinstance(hello, wire.Hello)
        if (welcome := reply(hello, len(data))) is not None:
            answer = Header(wire.Type.WELCOME, KEY.id, b"factory!", 1, 1)
            bound.sendto(seal(answer, wire.encode(welcome), KEY.secret), address)


def _probe(reply: Reply) -> Probe:
    with answering(reply) as address:
        return Prober(KEY, [address]).run()[address]


def test_a_factory_that_answers_is_named_with_its_round_trip() -> None:
    probe = _probe(lambda hello, _: wire.Welcome(hello.nonce, name="f1"))
    assert (probe.verdict, probe.welcome and probe.welcome.name) == ("", "f1")
    assert probe.round_trip_seconds is not None


def test_a_path_that_takes_short_datagrams_only_is_told() -> None:
    probe = _probe(lambda hello, length: wire.Welcome(hello.nonce, name="f1") if length < 1000 else None)
    assert probe.verdict == NARROW


@pytest.mark.parametrize(("lowest", "to_update"), [(2, "update this one"), (0, "update that one")])
def test_a_factory_without_a_common_version_is_told_and_who_is_to_be_updated(
    lowest: int, to_update: str
) -> None:
    most = 3 if lowest else 0
    probe = _probe(
        lambda hello, _: wire.Welcome(hello.nonce, name="f1", version_min=lowest, version_max=most)
    )
    assert f"versions {lowest} to {most}" in probe.verdict
    assert probe.verdict.endswith(to_update)


def test_the_echo_of_another_nonce_is_no_answer() -> None:
    assert _probe(lambda hello, _: wire.Welcome(hello.nonce ^ 1, name="f1")).verdict == NO_ANSWER


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (("f1", b"a"), ("f1", b"b"), 1),
        (("f1", b"a"), ("f1", b"a"), 0),  # two addresses of one host
        (("f1", b"a"), ("f2", b"b"), 0),
        (("f1", b"a"), ("f1", b""), 0),  # its answer was cut short
    ],
)
def test_two_lives_under_one_name_are_namesakes(
    first: tuple[str, bytes], second: tuple[str, bytes], found: int
) -> None:
    def reply(name: str, instance: bytes) -> Reply:
        return lambda hello, _: wire.Welcome(hello.nonce, instance=instance, name=name)

    with answering(reply(*first)) as one, answering(reply(*second)) as other:
        probes = Prober(KEY, [one, other]).run()
    assert namesakes(probes[one], probes.values()) == [probes[other]][:found]
