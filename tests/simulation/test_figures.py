"""The figures of gossip at sizes that a test can afford; a decreed acquaintance is as good as a join."""

from __future__ import annotations

import pytest

from vacnet.simulate import figures
from vacnet.simulate.network import Weather


def test_a_factory_at_rest_among_ten_sends_less_than_a_kilobyte_a_second() -> None:
    assert 300 < figures.bytes_at_rest(10) < 1000


def test_a_change_is_known_to_all_of_thirty_within_milliseconds_though_datagrams_are_lost() -> None:
    found = figures.spread(30, changes=20, loss=0.01)
    assert len(found.each) == 29 * 20
    assert figures.quantile(found.each, 0.5) < 0.010
    assert figures.quantile(found.each, 0.99) < 0.100


def test_where_all_is_lost_nobody_knows_and_that_is_counted() -> None:
    found = figures.spread(3, changes=1, loss=1.0)
    assert found.each == [figures.PATIENCE_SECONDS] * 2


def test_a_cut_of_twenty_is_healed_within_ten_seconds() -> None:
    assert figures.healing_seconds(20, cut_seconds=60.0) <= 10.0


def test_a_decreed_acquaintance_is_as_good_as_a_join(monkeypatch: pytest.MonkeyPatch) -> None:
    joined, rest = figures.joined(20, Weather()), figures.bytes_at_rest(20)
    monkeypatch.setattr(figures, "DECREED_ABOVE", 10)
    decreed = figures.joined(20, Weather())
    for space in (joined, decreed):
        assert space.same()
        assert all(len(node.agent.gossip.table.factories) == 20 for node in space.nodes if node.agent)
    assert figures.bytes_at_rest(20) == pytest.approx(rest, rel=0.05)
