"""Configured peers beside the factories met."""

from __future__ import annotations

import pytest

from vacnet.agent.view import FactoryView
from vacnet.factory.peer_state import Way, pair, peer_states, unheard
from vacnet.factory.resolve import Resolved
from vacnet.targets.peers import Peer


def _view(name: str, address: str, *, itself: bool = False) -> FactoryView:
    return FactoryView(
        name=name,
        itself=itself,
        state="live",
        heard_seconds=1.0,
        address=address,
        flags=(),
        processors_total=4,
        processors_free=2,
        machines_running=1,
        machines_starting=0,
        load=0.5,
        memory_free_bytes=1,
        disk_free_bytes=1,
        deadline_seconds=None,
        version="0",
        settings_differ=False,
        note="",
        rule_version=1,
    )


def _peer(name: str, *addresses: tuple[str, int], trouble: str = "") -> Resolved:
    return Resolved(Peer(name, name, 1), addresses, trouble)


ME = _view("me.example", "", itself=True)
OTHER = _view("other.example", "10.0.0.2:1")


def test_a_peer_is_the_factory_that_answers_at_its_address_and_others_met_follow() -> None:
    met = _view("met.example", "10.0.0.3:1")
    known = pair([_peer("listed", ("10.0.0.2", 1))], [ME, OTHER, met], ())
    states = peer_states(known, [ME, OTHER, met], {})
    assert [(s.name, s.configured, s.state) for s in states] == [
        ("listed", True, "live"),
        ("met.example", False, "live"),
    ]
    assert unheard(known) == ()


def test_a_peer_written_by_its_name_is_that_factory_wherever_it_was_heard() -> None:
    known = pair([_peer("other.example", ("192.0.2.9", 1))], [ME, OTHER], ())
    assert [each.factory for each in known] == [OTHER]


@pytest.mark.parametrize("written", ["here", "me.example"])
def test_a_factory_is_no_peer_of_itself(written: str) -> None:
    assert pair([_peer(written, ("127.0.0.1", 1))], [ME], {("127.0.0.1", 1)}) == ()
    assert pair([_peer("me.example")], [ME], ()) == ()


@pytest.mark.parametrize(
    ("trouble", "note"), [("", "never heard"), ("name service away", "name service away")]
)
def test_a_peer_never_heard_is_shown_with_why(trouble: str, note: str) -> None:
    known = pair([_peer("far", ("2001:db8::1", 1), trouble=trouble)], [ME], ())
    shown = unheard(known)[0]
    assert (shown.name, shown.state, shown.address) == ("far", "unknown", "[2001:db8::1]:1")
    assert note in shown.note
    assert peer_states(known, [ME], {})[0].note == shown.note


def test_what_is_known_of_an_address_is_said_instead_of_never_heard() -> None:
    known = pair([_peer("far", ("192.0.2.9", 1))], [ME], ())
    notes = {("192.0.2.9", 1): "it has another key"}
    assert unheard(known, notes)[0].note == "it has another key"
    assert peer_states(known, [ME], {}, notes)[0].note == "it has another key"


def test_a_second_factory_of_a_name_is_a_conflict_and_not_one_never_heard() -> None:
    known = pair([_peer("far", ("192.0.2.9", 1)), _peer("off", ("192.0.2.8", 1))], [ME], ())
    twins = [("192.0.2.9", 1)]
    assert [one.flags for one in unheard(known, twins=twins)] == [("conflict",), ()]
    assert [one.flags for one in peer_states(known, [ME], {}, twins=twins)] == [("conflict",), ()]


def test_the_delay_of_news_is_half_the_round_trip_where_that_was_measured() -> None:
    way = Way(key="3f00ab12", round_trip_seconds=0.02, rows_missing=0)
    told = peer_states((), [ME, OTHER], {OTHER.name: way})[0]
    assert (told.round_trip_seconds, told.delay_seconds) == (0.02, 0.01)
    assert peer_states((), [ME, OTHER], {})[0].delay_seconds is None


def test_an_ipv6_peer_is_found_by_its_address() -> None:
    six = _view("six.example", "[2001:db8::1]:1")
    assert pair([_peer("listed", ("2001:db8::1", 1))], [ME, six], ())[0].factory == six
