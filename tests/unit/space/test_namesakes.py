"""Two running factories of one name, as a third one knows them; and what only looks like it."""

from __future__ import annotations

import pytest

from tests.unit.space.net import Address, Net, space
from vacnet.agent.namesake_words import namesake_notes, namesake_reports, twins


def _twins(seed: int = 1) -> Net:
    net = space(4, seed)
    net.add("one", alias="twin", epoch=5, peers=["f0"])
    net.run(10.0)
    net.add("two", alias="twin", epoch=5, peers=["f3"])
    net.run(20.0)
    return net


def _namesake(net: Net, at: str, of: str) -> Address | None:
    known = net.gossip(at).table.factories.get(of)
    return known.namesake_at(net.now) if known else None


@pytest.mark.parametrize("name", ["f0", "f1", "f2", "f3"])
def test_every_third_factory_knows_where_both_are(name: str) -> None:
    net = _twins()
    known = net.gossip(name).table.factories["twin"]
    assert {known.address, known.namesake_at(net.now)} == {net.address("one"), net.address("two")}
    (report,) = namesake_reports(net.gossip(name).table, net.now)
    assert report.startswith(
        "twin: two factories bear this name, at 10.0.0.5:995 and at 10.0.0.6:995: stop one"
    )
    ((address, note),) = namesake_notes(net.gossip(name).table, net.now).items()
    assert twins(net.gossip(name), net.now) == {address}
    assert f"a second twin is here, beside that at {known.address[0] if known.address else ''}:995" in note


def test_it_lasts_as_long_as_both_run_and_ends_a_minute_after() -> None:
    net = _twins()
    for _ in range(20):
        net.run(15.0)
        assert _namesake(net, "f1", "twin") is not None
    net.stop("two")
    net.run(90.0)
    assert _namesake(net, "f1", "twin") is None
    assert not twins(net.gossip("f1"), net.now)


@pytest.mark.parametrize("host", ["10.3.3.3", "10.0.0.3"])
@pytest.mark.parametrize("epoch", [1, 8, 9, 10])
def test_the_next_life_of_a_factory_is_no_namesake_wherever_it_begins(epoch: int, host: str) -> None:
    net = space(4)
    net.add("f2", epoch=9, peers=["f0"])
    net.run(20.0)
    net.stop("f2")
    net.add("f2", epoch=epoch, host=host, peers=["f0"])
    others = ("f0", "f1", "f3")
    took = net.run(120.0, until=lambda: any(_namesake(net, name, "f2") for name in others))
    assert took >= 120.0
    assert net.complete()
