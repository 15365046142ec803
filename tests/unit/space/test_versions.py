"""Protocol versions: two ends without a common one do not link, and both admins are told."""

from __future__ import annotations

import pytest

from tests.unit.space.net import SECRET, SPACE, Net, space
from vacnet.space import limits, versions
from vacnet.space.happenings import OtherVersion
from vacnet.space.seal import Header, derive, factory_id, key_id, open_body, seal
from vacnet.space.wire import Hello, Type, Welcome, decode, encode

KEY = derive(SECRET, SPACE)


@pytest.mark.parametrize(
    ("theirs", "spoken"), [((1, 1), 1), ((0, 5), 1), ((2, 3), None), ((0, 0), None), ((3, 2), None)]
)
def test_the_highest_version_of_both_is_spoken(theirs: tuple[int, int], spoken: int | None) -> None:
    assert versions.common(*theirs) == spoken


def _hello(net: Net, at: str, lowest: int, highest: int) -> None:
    header = Header(Type.HELLO, key_id(SECRET), factory_id("later"), 1, 1)
    hello = Hello(7, b"instance", "later", lowest, highest, padding=bytes(300))
    net.deliver(seal(header, encode(hello), KEY), ("10.0.0.77", 995), net.address(at))


def test_somebody_of_later_versions_is_answered_not_asked_and_the_admin_is_told_now_and_then() -> None:
    net = space(2)
    for _ in range(5):
        _hello(net, "f0", 2, 3)
        net.run(1.0)
    [told] = net.told("f0", OtherVersion)
    assert isinstance(told, OtherVersion)
    assert told.words.endswith("update this one")
    assert "versions 2 to 3" in told.words
    net.run(limits.STRANGER_SECONDS)
    _hello(net, "f0", 2, 3)
    assert len(net.told("f0", OtherVersion)) == 2
    assert "later" not in net.gossip("f0").table.factories


def test_a_range_that_reaches_down_to_ours_is_no_hindrance() -> None:
    net = space(1)
    _hello(net, "f0", 1, 9)
    assert net.told("f0", OtherVersion) == []


def test_whoever_answers_in_other_versions_is_told_too_and_not_linked() -> None:
    net = space(1)
    there = ("10.0.0.77", 995)
    net.gossip("f0").set_peers([there], net.now)
    net.collect(net.nodes["f0"])
    net.run(0.1)
    [greeting] = [data for _, to, data in net.recorded if to == there]
    hello = decode(Type.HELLO, open_body(greeting, KEY))
    assert isinstance(hello, Hello)
    welcome = Welcome(hello.nonce, 5, b"instance", "later", 2, 3)
    header = Header(Type.WELCOME, key_id(SECRET), factory_id("later"), 1, 1)
    net.deliver(seal(header, encode(welcome), KEY), there, net.address("f0"))
    assert len(net.told("f0", OtherVersion)) == 1
    assert "later" not in net.gossip("f0").table.factories
