"""Each guard of a storm catches the mutant it is there for, and finds nothing in the engine as it is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest

from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.course import Report, run
from vacnet.simulate.guards import (
    Fits,
    Frugal,
    NeverBack,
    NoYounger,
    OneContent,
    Same,
    Strange,
    Tickets,
    all_guards,
)
from vacnet.simulate.node import Node
from vacnet.simulate.plan import Plan
from vacnet.simulate.storm import Guard
from vacnet.space import spans
from vacnet.space.challenges import Challenges, Sent
from vacnet.space.keyring import Key, KeyRing, Role
from vacnet.space.membership import Membership
from vacnet.space.pulls import Pulls
from vacnet.space.repair import Repair
from vacnet.space.table import Known
from vacnet.space.wire import Evidence, Origin

Patch = pytest.MonkeyPatch
MakeGuards = Callable[[], list[Guard]]


def storm(*faults: str, guards: MakeGuards, factories: int = 6, chaos: float = 300.0) -> Report:
    return run(Plan(1, factories, frozenset(faults), chaos), guards)


@pytest.mark.parametrize(
    "faults",
    [
        ("crash", "wiped-disk", "leave"),
        ("delay", "crash"),
        ("replay", "loss"),
        ("intruder", "key-rotation"),
        ("partition", "pause", "reordering"),
    ],
)
def test_the_engine_as_it_is_breaks_no_promise(faults: tuple[str, ...]) -> None:
    report = storm(*faults, guards=all_guards)
    assert all(report.did[kind] for kind in faults)


def test_a_life_that_takes_the_last_ones_epoch_is_caught(monkeypatch: Patch) -> None:
    boot = Node.boot

    def careless(node: Node) -> None:
        node.wall_step, node.disk.epoch = -math.floor(node.clock.now), node.disk.epoch - 1
        boot(node)

    monkeypatch.setattr(Node, "boot", careless)
    with pytest.raises(BrokenPromiseError, match="two contents"):
        storm("crash", guards=lambda: [OneContent()])


def test_hearsay_that_lowers_a_counter_is_caught(monkeypatch: Patch) -> None:
    def gullible(self: Membership, known: Known, evidence: Evidence | Origin) -> None:
        if evidence.epoch == known.epoch:
            known.counter = evidence.counter

    monkeypatch.setattr(Membership, "hear_of", gullible)
    with pytest.raises(BrokenPromiseError, match="and now"):
        storm("crash", "loss", guards=lambda: [NeverBack()])


def test_an_age_ratchet_is_caught(monkeypatch: Patch) -> None:
    def ratchet(self: Membership, known: Known, evidence: Evidence | Origin) -> None:
        known.heard_at = max(known.heard_at, self._core.now - evidence.age / 10)

    monkeypatch.setattr(Membership, "hear_of", ratchet)
    with pytest.raises(BrokenPromiseError, match="younger"):
        storm("crash", "delay", guards=lambda: [NoYounger()], factories=12, chaos=600.0)


def test_a_page_that_is_too_long_is_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr("vacnet.space.pages.ANNOUNCE_ROOM", 1500)
    monkeypatch.setattr("vacnet.space.pages.BODY_BYTES_MAX", 1500)
    with pytest.raises(BrokenPromiseError, match="bytes was sent"):
        storm("crash", "wiped-disk", guards=lambda: [Fits()])


def test_beats_that_come_too_often_are_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr("vacnet.space.table.limits.beat_seconds", lambda _count: 0.3)
    with pytest.raises(BrokenPromiseError, match="the formula gives"):
        storm(guards=lambda: [Frugal()])


def test_an_echo_that_is_taken_twice_is_caught(monkeypatch: Patch) -> None:
    def take(self: Challenges, nonce: int, now: float) -> Sent | None:
        return self._sent.get(nonce)

    monkeypatch.setattr(Challenges, "take", take)
    with pytest.raises(BrokenPromiseError, match="replayed traffic changed"):
        storm("replay", "crash", guards=list)


def test_an_observer_that_is_believed_is_caught(monkeypatch: Patch) -> None:
    find = KeyRing.find

    def promoting(self: KeyRing, wanted: bytes) -> Key | None:
        key = find(self, wanted)
        return Key(key.id, Role.MEMBER, key.secret) if key else None

    monkeypatch.setattr(KeyRing, "find", promoting)
    with pytest.raises(BrokenPromiseError, match="without a member's key changed"):
        storm("intruder", guards=list)


def test_a_name_that_is_no_factorys_is_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Membership, "vouched", _misread)
    with pytest.raises(BrokenPromiseError, match="not of the space"):
        storm("crash", guards=lambda: [Strange()])


def _misread(self: Membership, origin: Origin) -> None:
    self._enter(f"{origin.name}.", origin.epoch, self._core.now)


def test_tables_that_stay_apart_are_caught(monkeypatch: Patch) -> None:
    def never(repair: Repair) -> None:
        repair.next_at += 1.0

    monkeypatch.setattr(Repair, "wake", never)
    monkeypatch.setattr(Pulls, "gap", lambda *_: None)
    with pytest.raises(BrokenPromiseError, match="into the calm"):
        storm("loss", "partition", guards=list)


def test_contents_that_differ_under_one_mark_are_caught(monkeypatch: Patch) -> None:
    make_room, asked = spans.make_room, itertools.count()

    def forgetful(known: Known, target: str) -> bool:
        return make_room(known, target) and (known.itself or next(asked) % 2 == 0)

    monkeypatch.setattr(spans, "make_room", forgetful)
    with pytest.raises(BrokenPromiseError, match="differ in what they hold"):
        storm(guards=lambda: [Same()])


def test_an_agent_that_never_yields_a_claim_is_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr("vacnet.agent.bid.must_yield", lambda *_: False)
    monkeypatch.setattr("vacnet.agent.bid.wait_seconds", lambda *_: 0.0)
    plan = Plan(1, 8, frozenset({"delay"}), 120.0, agents=True)
    with pytest.raises(BrokenPromiseError, match="two machines on one ticket"):
        run(plan, lambda: [Tickets()])
