"""What is not genuine, not new or not in bounds changes nothing, raises nothing and is counted."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.space.net import SECRET, Net, ring, row_of, space
from vacnet.space.coding import target_to_wire
from vacnet.space.counters import Reject
from vacnet.space.gossip import Datagram, Gossip
from vacnet.space.happenings import WrongKey
from vacnet.space.keyring import KeyRing
from vacnet.space.limits import (
    CHALLENGED_MAX,
    COALESCE_SECONDS,
    NONCES_MAX,
    RELAYS,
    STRANGER_SECONDS,
    STRANGER_SHOWN_SECONDS,
    STRANGERS_MAX,
)
from vacnet.space.seal import Header, derive, factory_id, key_id, read_header, seal
from vacnet.space.table import Liveness
from vacnet.space.wire import Announce, Hello, Origin, RowsOf, Type, Welcome, encode

HERE = ("10.6.6.6", 995)


def _datagram(net: Net, sender: str, kind: int, body: bytes, ahead: int = 1) -> bytes:
    """Return a datagram as the factory itself would seal it."""
    core = net.gossip(sender)._core
    key = core.keys.sealing
    assert key is not None
    core.sequence += ahead
    return seal(Header(kind, key.id, core.me.fid, core.me.epoch, core.sequence), body, key.secret)


def _refused(net: Net, data: bytes, reason: Reject, source: str = "f1") -> None:
    gossip = net.gossip("f0")
    before, table = gossip.counters.rejects[reason], gossip.table.fingerprint()
    gossip.receive(data, net.address(source), net.now)
    assert gossip.counters.rejects[reason] == before + 1
    assert gossip.table.fingerprint() == table


def test_each_fault_of_a_datagram_has_its_own_counter() -> None:
    net = space(2)
    net.run(5.0)
    good = _datagram(net, "f1", Type.ANN, encode(Announce(1, 1, 1, urgent=False, factory=None, rows=[])))
    _refused(net, b"", Reject.LENGTH)
    _refused(net, good[:43], Reject.LENGTH)
    _refused(net, good + bytes(1200), Reject.LENGTH)
    _refused(net, b"XX" + good[2:], Reject.MAGIC)
    _refused(net, b"VN\2" + good[3:], Reject.VERSION)
    _refused(net, good[:4] + b"nope" + good[8:], Reject.KEY)
    _refused(net, good[:-1], Reject.TAG)
    _refused(net, good[:-1] + bytes([good[-1] ^ 1]), Reject.TAG)
    _refused(net, _datagram(net, "f1", 77, b"\x90"), Reject.TYPE)
    _refused(net, _datagram(net, "f1", Type.ANN, b"\xc1"), Reject.DECODE)
    _refused(net, _datagram(net, "f1", Type.ANN, encode([1, 1, 1, False, None])), Reject.DECODE)
    _refused(net, _datagram(net, "f1", Type.HELLO, encode(Hello(5, name="f7"))), Reject.NAME)
    _refused(net, _datagram(net, "f1", Type.WELCOME, encode(Welcome(5))), Reject.ECHO)
    _refused(
        net,
        _datagram(net, "f0", Type.ANN, encode(Announce(1, 1, 1, urgent=False, factory=None, rows=[]))),
        Reject.ITSELF,
    )


def test_every_single_flipped_bit_is_refused() -> None:
    net = space(2)
    net.set_row("f1", row_of("atlas", net.now, can=1))
    good = next(data for sender, _, data in net.recorded if sender == net.address("f1") and data[3] == 4)
    gossip = net.gossip("f0")
    table = gossip.table.fingerprint()
    for bit in range(8 * len(good)):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        gossip.receive(bytes(flipped), net.address("f1"), net.now)
    assert gossip.table.fingerprint() == table
    assert gossip.counters.rejects.total() >= 8 * len(good)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (ring(b"w" * 32), Reject.KEY),
        (ring(space="another"), Reject.TAG),
    ],
    ids=["wrong key", "wrong space"],
)
def test_a_factory_of_another_key_or_space_is_shut_out_and_its_address_told(
    keys: KeyRing, reason: Reject
) -> None:
    net = space(2)
    net.add("stranger", peers=["f0", "f1"], keys=keys)
    net.run(30.0)
    assert net.live("f0") == {"f0", "f1"}
    assert net.live("stranger") == {"stranger"}
    assert net.gossip("f0").counters.rejects[reason] >= 4
    told = [h for h in net.told("f0", WrongKey) if isinstance(h, WrongKey)]
    assert [(one.address, one.reason) for one in told] == [(net.address("stranger"), reason)]
    assert [(one.address, one.reason) for one in net.gossip("f0").accused(net.now)] == [
        (net.address("stranger"), reason)
    ]
    net.run(STRANGER_SECONDS + 30.0)
    told = [h for h in net.told("f0", WrongKey) if isinstance(h, WrongKey)]
    assert len(told) == 2
    assert told[1].count > 1


def test_an_observers_key_may_not_speak_for_a_factory() -> None:
    net = space(2)
    observing = KeyRing([("observe", b"o" * 32), ("member", SECRET)], "test")
    net.gossip("f0").set_keys(observing, net.now)
    key = KeyRing([("member", b"o" * 32)], "test")
    net.add("watcher", peers=["f0"], keys=key)
    net.run(5.0)
    assert net.live("f0") == {"f0", "f1"}
    assert net.gossip("f0").counters.rejects[Reject.ROLE] > 0


def test_a_factory_without_any_key_is_silent() -> None:
    net = Net()
    net.add("a")
    net.add("b", peers=["a"], keys=KeyRing([], "test"))
    net.run(10.0)
    assert net.nodes["b"].sent == 0


def test_keys_are_rotated_by_three_edits_with_no_gap() -> None:
    net = space(4)
    old, new = ("member", SECRET), ("member", b"n" * 32)
    for keys in ([old, new], [new, old], [new]):
        for node in net.running():
            node.gossip.set_keys(KeyRing(keys, "test"), net.now)
            net.run(7.0)
            assert net.complete()
        net.set_row("f1", row_of("atlas", net.now, can=len(keys)))
        net.run(5.0)
        assert net.complete()
    ids = {read_header(data).key_id for _, _, data in net.recorded[-20:]}
    assert ids == {key_id(b"n" * 32)}
    assert all(node.gossip.counters.rejects[Reject.KEY] == 0 for node in net.running())


def test_all_traffic_replayed_changes_nothing_and_wakes_no_dead() -> None:
    net = space(5, targets=3)
    for step in range(30):
        net.set_row(f"f{step % 5}", row_of("target-1", net.now, can=step), urgent=step % 2 == 0)
        net.run(1.0)
    net.run(10.0)
    net.stop("f4")
    net.run(60.0)
    assert net.complete()
    heard = {name: net.gossip(name).table.factories["f4"].heard_at for name in ("f0", "f1", "f2", "f3")}
    before = net.gossip("f0").table.fingerprint()
    for sender, receiver, data in list(net.recorded):
        net.deliver(data, sender, receiver)
        net.deliver(data, HERE, net.address("f0"))
    assert net.gossip("f0").table.fingerprint() == before
    net.run(5.0)
    assert net.complete()
    after = {name: net.gossip(name).table.factories["f4"].heard_at for name in heard}
    assert after == heard


def test_a_greeting_replayed_in_a_flood_takes_no_room_from_news() -> None:
    net = space(2, targets=1)
    hello = next(data for _, to, data in net.recorded if data[3] == Type.HELLO and to == net.address("f0"))
    for second in range(6):
        for number in range(4000):
            net.gossip("f0").receive(hello, (f"10.6.{second}.6", 1 + number), net.now)
        net.collect(net.nodes["f0"])
        net.run(1.0)
    counters = net.gossip("f0").counters
    assert counters.rejects[Reject.RATE] > 15_000
    net.set_row("f0", row_of("target-0", net.now, can=7))
    assert net.run(10.0, until=net.complete) < COALESCE_SECONDS + 1.0
    assert counters.datagrams_dropped == 0
    net.add("f2", peers=["f0"])
    assert net.run(10.0, until=net.complete) < 5.0


def test_a_recording_played_to_a_restarted_factory_brings_neither_rows_nor_life() -> None:
    net = space(3, targets=3)
    net.run(30.0)
    recorded = list(net.recorded)
    for name in ("f0", "f1", "f2"):
        net.stop(name)
    net.run(10.0)
    fresh = net.add("f0", epoch=2)
    for sender, receiver, data in recorded:
        if receiver == net.address("f0"):
            net.deliver(data, sender, receiver)
    assert list(fresh.table.factories) == ["f0"]
    assert fresh.counters.rejects[Reject.UNPROVEN] > 10


def test_no_answer_to_an_unproved_address_is_longer_than_what_it_answers() -> None:
    net = space(3, targets=2)
    net.run(30.0)
    recorded = list(net.recorded)
    fresh = net.add("f0", epoch=2)
    fresh.drain()
    kinds: set[tuple[int, int]] = set()
    for sender, receiver, data in recorded:
        if receiver == net.address("f0") and sender != receiver:
            net.now += 1.0
            fresh.receive(data, HERE, net.now)
            answers = [
                wish.data for wish in fresh.drain() if isinstance(wish, Datagram) and wish.address == HERE
            ]
            kinds |= {(data[3], answer[3]) for answer in answers}
            assert sum(map(len, answers)) <= len(data)
    assert {(Type.ANN, Type.HELLO), (Type.SYNC, Type.HELLO), (Type.HELLO, Type.WELCOME)} <= kinds


def test_a_greeting_replayed_from_a_proved_address_brings_no_long_answer() -> None:
    net = space(12)
    hello = next(
        d for s, r, d in net.recorded if s == net.address("f1") and r == net.address("f0") and d[3] == 6
    )
    cut = _datagram(net, "f1", Type.HELLO, encode([77]))
    gossip = net.gossip("f0")
    for data, lengths in ((cut, range(200, 1200)), (cut, range(44, len(cut) + 1)), (hello, range(44, 401))):
        net.now += 1.0
        gossip.receive(data, net.address("f1"), net.now)
        answers = [wish for wish in gossip.drain() if isinstance(wish, Datagram) and wish.data[3] == 7]
        assert [len(wish.data) in lengths for wish in answers] == [True]


def test_a_copy_sent_first_from_elsewhere_does_not_shut_out_the_original() -> None:
    net = space(2)
    net.run(5.0)
    net.faults.cut = lambda _sender, _receiver: True
    net.set_row("f1", row_of("atlas", net.now, can=3), urgent=True)
    _, _, data = net.recorded[-1]
    gossip = net.gossip("f0")
    gossip.receive(data, HERE, net.now)
    assert "atlas" not in gossip.table.factories["f1"].targets
    gossip.receive(data, net.address("f1"), net.now)
    assert gossip.table.factories["f1"].targets["atlas"].can == 3


def test_what_came_from_a_place_that_is_not_proved_is_passed_on_to_nobody() -> None:
    net = space(5)
    net.run(10.0)
    version = net.gossip("f1").table.me.version
    wire = target_to_wire(row_of("atlas", net.now), version + 1, net.now)
    news = encode(Announce(version, version + 1, version + 1, urgent=True, factory=None, rows=[wire]))
    data, began = _datagram(net, "f1", Type.ANN, news), len(net.recorded)
    net.deliver(data, HERE, net.address("f0"))
    sent = [(to, told[3]) for sender, to, told in net.recorded[began:] if sender == net.address("f0")]
    assert sent == [(HERE, Type.HELLO)]
    net.deliver(data, net.address("f1"), net.address("f0"))
    relayed = [told[3] for sender, _, told in net.recorded[began:] if sender == net.address("f0")][1:]
    assert relayed == [Type.ROWS] * RELAYS


@pytest.mark.parametrize("name", ["", "n" * 254, "\u00e9" * 127, "a\x1b[2J"])
def test_no_factory_begins_under_a_name_that_cannot_travel(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 253"):
        Net().add("f0", alias=name)


@pytest.mark.parametrize("name", ["", "t" * 64, "\u00e9" * 32, "a\n"])
def test_no_row_is_written_for_a_target_whose_name_cannot_travel(name: str) -> None:
    net = space(1)
    before = net.gossip("f0").table.me.version
    with pytest.raises(ValueError, match="1 to 63"):
        net.gossip("f0").set_target_row(row_of(name, net.now), net.now)
    assert net.gossip("f0").table.me.version == before


def test_rows_beyond_their_span_are_refused_whole() -> None:
    net = space(2, targets=1)
    net.run(5.0)
    known = net.gossip("f0").table.factories["f1"]
    origin = next(net.gossip("f1")._repair.origins(net.gossip("f1").table.me, 0))
    lie = Origin("f1", 1, 0, 1, 1, known.counter, 0, "", 0, origin.factory, origin.rows)
    _refused(net, _datagram(net, "f1", Type.ROWS, encode(RowsOf([lie]))), Reject.DECODE)


def test_rows_of_an_unknown_old_factory_do_not_enter() -> None:
    net = space(2)
    ghost = Origin("ghost", 1, 0, 1, 1, 5, 86_400 * 10 + 1, "10.0.0.77", 995, None, [])
    data = _datagram(net, "f1", Type.ROWS, encode(RowsOf([ghost])))
    net.gossip("f0").receive(data, net.address("f1"), net.now)
    assert "ghost" not in net.gossip("f0").table.factories
    younger = Origin("ghost", 1, 0, 1, 1, 5, 86_400 * 10 - 100, "10.0.0.77", 995, None, [])
    data = _datagram(net, "f1", Type.ROWS, encode(RowsOf([younger])))
    net.gossip("f0").receive(data, net.address("f1"), net.now)
    assert net.liveness("f0", "ghost") is Liveness.SILENT


def test_what_a_flood_of_strangers_leaves_behind_is_bounded() -> None:
    net = space(2)
    gossip, rng = net.gossip("f0"), Random(3)
    secret = derive(SECRET, "test")
    for number in range(NONCES_MAX + 500):
        header = Header(Type.HELLO, key_id(SECRET), factory_id(f"x{number}"), 1, 1)
        source = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 9)
        gossip.receive(seal(header, encode(Hello(number)), secret), source, net.now)
        header = Header(Type.ANN, key_id(SECRET), factory_id(f"x{number}"), 1, 2)
        gossip.receive(
            seal(header, encode(Announce(0, 0, 0, urgent=False, factory=None, rows=[])), secret),
            source,
            net.now,
        )
        gossip.receive(rng.randbytes(60), source, net.now)
        gossip.receive(b"VN\1\1" + rng.randbytes(60), source, net.now)
    assert len(gossip._core.challenges._sent) <= NONCES_MAX
    assert len(gossip._core.challenges._asked) <= CHALLENGED_MAX
    assert len(gossip._strangers._strangers) <= STRANGERS_MAX
    assert len(gossip.table.factories) == 2
    assert len(gossip.happened()) <= NONCES_MAX + 500


def test_the_table_takes_no_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vacnet.space.limits.FACTORIES_MAX", 4)
    net = Net()
    for number in range(6):
        net.add(f"f{number}", peers=["f0"])
    net.run(20.0)
    assert max(len(node.gossip.table.factories) for node in net.running()) == 4
    assert net.gossip("f0").counters.rejects[Reject.FULL] > 0


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"", b"VN\1"]), st.binary(max_size=1300))
def test_no_bytes_raise_or_change_anything(magic: bytes, data: bytes) -> None:
    net = _calm()
    gossip = net.gossip("f0")
    before = gossip.table.fingerprint()
    gossip.receive(magic + data, HERE, net.now)
    gossip.drain()
    assert gossip.table.fingerprint() == before


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_no_resealed_mutation_raises_or_leaves_a_table_that_cannot_be_read(data: st.DataObject) -> None:
    net = _calm()
    gossip = net.gossip("f0")
    recorded = [d for _, receiver, d in net.recorded[:400] if receiver == net.address("f0")]
    body = bytearray(data.draw(st.sampled_from(recorded))[28:-16])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at] = data.draw(st.integers(0, 255))
    kind = data.draw(st.sampled_from(list(Type)))
    gossip.receive(_datagram(net, "f1", kind, bytes(body)), net.address("f1"), net.now)
    gossip.wake(net.now + 1.0)
    gossip.drain()
    gossip.table.fingerprint()
    _sane(gossip)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(Type)),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(1 << 63), (1 << 64) - 1)
        | st.binary(max_size=40)
        | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=12),
        max_leaves=40,
    ),
)
def test_no_well_formed_body_raises(kind: Type, body: object) -> None:
    net = _calm()
    gossip = net.gossip("f0")
    data = _datagram(net, "f1", kind, encode(body))
    if len(data) <= 1200:
        gossip.receive(data, net.address("f1"), net.now)
    gossip.wake(net.now + 1.0)
    gossip.drain()
    _sane(gossip)


_NETS: list[Net] = []


def _calm() -> Net:
    """Return a space of three that is used by many examples: they may only leave sane things behind."""
    if not _NETS or not _whole(_NETS[0]):
        _NETS[:] = [space(3, targets=3)]
        _NETS[0].run(10.0)
    net = _NETS[0]
    net.now += 0.01
    return net


def _whole(net: Net) -> bool:
    known = net.gossip("f0").table.factories.get("f1")
    return known is not None and known.link is not None and known.epoch == net.gossip("f1").epoch


def _sane(gossip: Gossip) -> None:
    for known in gossip.table.factories.values():
        assert known.version <= known.latest or known.itself
        assert len(known.targets) <= 256
        assert all(row.target == target for target, row in known.targets.items())


def _forged(net: Net) -> bytes:
    good = _datagram(net, "f1", Type.ANN, encode(Announce(1, 1, 1, urgent=False, factory=None, rows=[])))
    return good[:-16] + bytes(16)


@pytest.mark.parametrize(("sources", "warnings"), [(5000, 0), (50, 5)], ids=["ever new", "fifty"])
def test_forged_datagrams_make_one_warning_a_second_at_most(sources: int, warnings: int) -> None:
    net = space(2)
    gossip, forged, told = net.gossip("f0"), _forged(net), []
    for n in range(5000):  # 333 a second, for 15 s
        source = n % sources
        came = gossip.receive(forged, (f"10.3.{source >> 8}.{source & 255}", 9), net.now + n * 0.003)
        news = gossip.happened()
        assert came == bool(news)
        told += news
    assert [type(one) for one in told] == [WrongKey] * warnings


def test_who_only_asks_whether_somebody_answers_is_not_told() -> None:
    net = space(2)
    gossip, forged = net.gossip("f0"), _forged(net)
    for seconds in (0.0, 0.25, 0.75, 1.75, 3.75):
        assert not gossip.receive(forged, ("192.0.2.7", 41_000), net.now + seconds)
    assert not gossip.accused(net.now + 3.75)


def test_an_address_that_speaks_well_is_accused_no_more() -> None:
    net = space(2)
    gossip, forged = net.gossip("f0"), _forged(net)
    gossip.receive(forged, net.address("f1"), net.now)
    assert [one.address for one in gossip.accused(net.now)] == [net.address("f1")]
    net.run(10.0)
    assert not gossip.accused(net.now)


def test_an_accusation_goes_when_nothing_more_comes() -> None:
    net = space(1)
    gossip, forged = net.gossip("f0"), _forged(space(2))
    gossip.set_peers([("192.0.2.7", 9)], net.now)
    gossip.receive(forged, ("192.0.2.7", 9), net.now)
    assert [one.ago for one in gossip.accused(net.now + 60.0)] == [60.0]
    assert not gossip.accused(net.now + STRANGER_SHOWN_SECONDS)


def test_one_address_has_one_accusation_by_what_came_last() -> None:
    net = space(2)
    net.add("stranger", peers=["f0"], keys=ring(b"w" * 32))
    net.run(30.0)
    address = net.address("stranger")
    net.gossip("f0").receive(_forged(net), address, net.now)
    assert [(one.address, one.reason) for one in net.gossip("f0").accused(net.now)] == [(address, Reject.TAG)]
