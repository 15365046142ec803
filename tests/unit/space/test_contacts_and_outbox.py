"""Whom to greet and when, and the pace at which datagrams leave."""

from __future__ import annotations

import itertools
import math
from random import Random

import pytest

from tests.unit.space.net import space
from vacnet.space.address import checked, parse
from vacnet.space.challenges import Challenges
from vacnet.space.contacts import Contacts
from vacnet.space.counters import Counters
from vacnet.space.limits import FORGET_SECONDS, NORMAL_PER_SECOND, QUEUE_MAX
from vacnet.space.outbox import Datagram, EpochRaised, Outbox

PEER = ("10.0.0.1", 995)


def _greetings(contacts: Contacts, seconds: float) -> list[float]:
    times, now = [], 0.0
    while contacts.next_at <= seconds:
        now = max(now, contacts.next_at)
        times += [now] * len(contacts.due(now))
    return times


def test_a_lone_peer_that_is_away_is_greeted_every_three_seconds() -> None:
    contacts = Contacts(Random(1))
    contacts.configure([PEER], 0.0)
    times = _greetings(contacts, 600.0)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps[0] == pytest.approx(1.0, rel=0.11)
    assert gaps[1] == pytest.approx(2.0, rel=0.11)
    assert all(2.7 <= gap <= 3.3 for gap in gaps[2:])


def test_many_that_are_away_are_greeted_about_one_a_second_in_all() -> None:
    contacts = Contacts(Random(1))
    contacts.configure([("10.0.0.1", port) for port in range(1, 51)], 0.0)
    times = [at for at in _greetings(contacts, 1000.0) if at > 200.0]
    assert len(times) / 800.0 == pytest.approx(1.0, rel=0.15)


def test_who_answers_is_greeted_no_more_until_lost() -> None:
    contacts = Contacts(Random(1))
    contacts.configure([PEER], 0.0)
    assert contacts.due(0.0) == [PEER]
    contacts.answered(PEER, b"fid", 0.1)
    assert contacts.due(100.0) == []
    assert contacts.next_at == math.inf
    assert contacts.unanswered() == []
    contacts.lost({b"fid"}, 200.0)
    assert contacts.due(200.0) == [PEER]
    assert contacts.unanswered() == [PEER]


def test_a_met_contact_is_given_up_after_a_day_and_a_configured_one_never() -> None:
    contacts = Contacts(Random(1))
    contacts.configure([PEER], 0.0)
    contacts.meet(("10.0.0.2", 995), 0.0)
    late = FORGET_SECONDS + 100.0
    assert contacts.due(late) == [PEER]
    contacts.configure([], late)
    assert contacts.due(late + 10.0) == []


def test_an_edit_greets_new_and_unanswered_peers_at_once() -> None:
    contacts = Contacts(Random(1))
    contacts.configure([PEER], 0.0)
    _greetings(contacts, 50.0)
    other = ("10.0.0.2", 995)
    contacts.configure([PEER, other], 51.0)
    assert contacts.due(51.0) == [PEER, other]


def test_a_nonce_comes_back_once_and_not_late() -> None:
    challenges = Challenges(Random(1))
    nonce, late = challenges.make(PEER, 10.0), challenges.make(PEER, 10.0)
    assert challenges.take(nonce + 1, 11.0) is None
    sent = challenges.take(nonce, 11.0)
    assert sent is not None
    assert sent.address == PEER
    assert challenges.take(nonce, 11.0) is None
    assert challenges.take(late, 41.0) is None


def test_a_burst_leaves_at_its_pace_urgent_ones_first() -> None:
    outbox = Outbox(Counters())
    outbox.release(100.0)
    outbox.put(b"normal", [PEER] * 1000, urgent=False)
    outbox.put(b"urgent", [PEER] * 50, urgent=True)
    outbox.release(100.0)
    first = [wish.data for wish in outbox.drain() if isinstance(wish, Datagram)]
    assert first == [b"urgent"] * 50 + [b"normal"] * 200
    left, now = 0, 100.0
    while outbox.next_at() < math.inf:
        now = outbox.next_at()
        outbox.release(now)
        left += len(outbox.drain())
    assert left == 800
    assert now - 100.0 == pytest.approx(800 / NORMAL_PER_SECOND, abs=0.02)


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    counters = Counters()
    outbox = Outbox(counters)
    outbox.release(0.0)
    outbox.put(b"old", [PEER] * 10, urgent=False)
    outbox.put(b"new", [PEER] * QUEUE_MAX, urgent=False)
    assert counters.datagrams_dropped == 10
    outbox.release(0.0)
    assert {wish.data for wish in outbox.drain() if isinstance(wish, Datagram)} == {b"new"}


def test_a_raised_epoch_stands_between_what_was_said_before_and_after() -> None:
    outbox = Outbox(Counters())
    outbox.put(b"before", [PEER], urgent=False)
    outbox.raise_epoch(7, 1.0)
    outbox.put(b"after", [PEER], urgent=True)
    outbox.release(1.0)
    assert outbox.drain() == [Datagram(b"before", PEER), EpochRaised(7), Datagram(b"after", PEER)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1:995", ("10.0.0.1", 995)),
        ("[2001:DB8::1]:995", ("2001:db8::1", 995)),
        ("host:995", None),
        ("10.0.0.1", None),
        ("10.0.0.1:", None),
        ("10.0.0.1:0", None),
        ("10.0.0.1:70000", None),
        ("0.0.0.0:995", None),
        ("224.0.0.1:995", None),
        ("", None),
    ],
)
def test_an_advertised_address_is_an_ip_and_a_port_or_nothing(
    text: str, address: tuple[str, int] | None
) -> None:
    assert parse(text) == address


def test_checked_addresses_are_canonical() -> None:
    assert checked("2001:0db8:0::1", 5) == ("2001:db8::1", 5)


@pytest.mark.parametrize(("count", "most"), [(2, 760), (10, 960), (20, 1200)])
def test_at_rest_a_factory_sends_no_more_than_the_formula(count: int, most: int) -> None:
    net = space(count, targets=10)
    net.run(20.0)
    before = [(node.sent, node.bytes) for node in net.running()]
    net.run(30.0)
    for node, (sent, had) in zip(net.running(), before, strict=True):
        rate = (node.bytes - had + 28 * (node.sent - sent)) / 30.0
        assert 500 < rate < most  # L3 bytes: SYNC and DIGEST 680 a second, and (N - 1) / 5 s beats of 82
