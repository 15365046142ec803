"""A live space is sent garbage, truncated, forged and replayed datagrams: all counted, none believed.

Genuine datagrams are had by standing between two factories: a relay on loopback that forwards and keeps what
they say to each other. What a relay can do, anybody on the way can do.
"""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.integration.hostile.conftest import PATIENCE_SECONDS, MakeSpace, counter, events, goes_on, started
from tools.space import Member, Space
from tools.space.waiting import until
from vacnet.space.limits import DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MIN
from vacnet.targets.keys import format_key

Place = tuple[str, int]


class Relay:
    """Stands between two factories: what comes from one goes to the other, and is kept."""

    def __init__(self, first: int, second: int) -> None:
        """Forward between two ports of loopback from now on; each factory knows a port of ours."""
        self._places = [("127.0.0.1", second), ("127.0.0.1", first)]
        self._sockets = [_socket(), _socket()]
        self.kept: list[tuple[int, bytes]] = []
        """The side that sent it (0 the first factory), and the datagram."""
        for side in (0, 1):
            threading.Thread(target=self._forward, args=(side,), daemon=True).start()

    def port(self, side: int) -> int:
        """Return the port that the factory of a side has for the other one."""
        return int(self._sockets[side].getsockname()[1])

    def send(self, side: int, data: bytes) -> None:
        """Send as if the factory of a side had said it, from where it usually comes."""
        self._sockets[1 - side].sendto(data, self._places[side])

    def close(self) -> None:
        """End both ways."""
        for one in self._sockets:
            one.close()

    def _forward(self, side: int) -> None:
        while True:
            try:
                data, _ = self._sockets[side].recvfrom(2048)
                self.kept.append((side, data))
                self.send(side, data)
            except OSError:
                return


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def _live(member: Member) -> set[str]:
    return {one.name for one in member.client().space().factories if one.state == "live"}


@pytest.fixture
def space(make_space: MakeSpace) -> Space:
    made = make_space(2)
    made.start()
    return made


def _throw(member: Member, datagrams: list[bytes]) -> None:
    """Send datagrams of a stranger to a factory."""
    with _socket() as stranger:
        for data in datagrams:
            stranger.sendto(data, ("127.0.0.1", member.port))


def _rejected(member: Member) -> int:
    counters = member.client().health().counters
    return sum(count for name, count in counters.items() if name.startswith("gossip_reject_"))


def _refuses(member: Member, reason: str, times: int = 1) -> None:
    """Wait until a factory has refused so many datagrams for a reason."""
    name = f"gossip_reject_{reason}"
    until(lambda: counter(member, name) >= times, PATIENCE_SECONDS, f"{times} are refused for {reason}")


def test_garbage_of_every_length_is_counted_and_changes_nothing(space: Space) -> None:
    first = space.member(1)
    before, lots = _rejected(first), random.Random(1)
    lengths = (0, 1, DATAGRAM_BYTES_MIN, 200, DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MAX + 1, 60_000)
    garbage = [lots.randbytes(length) for length in lengths for _ in range(20)]
    _throw(first, [*garbage, *(b"VN\x01" + one for one in garbage if len(one) < DATAGRAM_BYTES_MAX)])
    until(lambda: _rejected(first) >= before + 200, PATIENCE_SECONDS, "it is counted")
    assert counter(first, "loop_datagrams_broke_the_agent") == 0
    assert _live(first) == {member.name for member in space.members}
    goes_on(first)


@pytest.fixture
def tapped(make_space: MakeSpace) -> Iterator[tuple[Space, Relay]]:
    """Two factories that hear each other by way of a relay."""
    space = make_space(2)
    first, second = space.members
    relay = Relay(first.port, second.port)
    for side, member in enumerate(space.members):
        (member.config / "peers.toml").write_text(f'peers = ["127.0.0.1:{relay.port(side)}"]\n')
    for member in space.members:
        started(member)
    until(lambda: all(len(_live(member)) == 2 for member in space.members), PATIENCE_SECONDS, "they meet")
    yield space, relay
    relay.close()


def test_what_was_said_is_not_believed_truncated_altered_or_again(tapped: tuple[Space, Relay]) -> None:
    space, relay = tapped
    second = space.member(2)
    goes_on(second)
    said = [data for side, data in relay.kept if side == 0][-100:]
    before = {name: counter(second, f"gossip_reject_{name}") for name in ("tag", "sequence", "length")}
    for data in said:
        relay.send(0, data)
        relay.send(0, data[:-1])
        relay.send(0, data[: DATAGRAM_BYTES_MIN - 1])
        relay.send(0, data[:40] + bytes([data[40] ^ 1]) + data[41:])
    most = len(said) // 2  # greetings are answered again, for whoever lost its record has to be told
    for name, count in before.items():
        _refuses(second, name, count + most)
    assert counter(second, "loop_datagrams_broke_the_agent") == 0
    assert len(_live(second)) == 2
    goes_on(second)


def test_a_recording_played_to_a_factory_that_was_started_again_brings_nobody_back(
    tapped: tuple[Space, Relay],
) -> None:
    space, relay = tapped
    first, second = space.members
    goes_on(first)
    said = [data for side, data in relay.kept if side == 0]
    first.kill()
    second.stop()
    started(second)
    for data in said:
        relay.send(0, data)
    until(lambda: _rejected(second) > 0, PATIENCE_SECONDS, "the recording is refused")
    assert _live(second) == {second.name}
    assert not any(one.machines_running for one in second.client().space().factories if not one.itself)


@pytest.mark.parametrize("wrong", ["key", "space"])
def test_a_factory_of_another_space_stays_outside_and_both_go_on(make_space: MakeSpace, wrong: str) -> None:
    ours = make_space(1).member(1)
    other = make_space(1, name="other").member(1)
    key = (ours.config / "space.key").read_text() if wrong == "space" else format_key(os.urandom(32)) + "\n"
    (other.config / "space.key").write_text(key)
    for one, two in ((ours, other), (other, ours)):
        (one.config / "peers.toml").write_text(f'peers = ["127.0.0.1:{two.port}"]\n')
    for member in (ours, other):
        started(member)
    for member in (ours, other):
        _refuses(member, "tag" if wrong == "space" else "key")
        _tells_of_a_wrong_key(member)
        assert _live(member) == {member.name}
        words = "[space] name" if wrong == "space" else "vacnet key add"
        assert all(words in peer.note for peer in member.client().peers().peers)
        brief = "another space" if wrong == "space" else "no key of ours"
        assert all(brief in one.note for one in member.client().space().factories if not one.itself)


def _tells_of_a_wrong_key(member: Member) -> None:
    until(lambda: bool(events(member, "gossip.wrong-key")), PATIENCE_SECONDS, "it is told")
