"""A factory about itself: what it measured is told as soon as it has measured, and then seldom."""

from __future__ import annotations

from dataclasses import replace

from vacnet.agent.events import AgentSettings, HostFacts
from vacnet.agent.factory_row import TOLD_EVERY_SECONDS, FactoryRows
from vacnet.agent.host import Host

SETTINGS = AgentSettings(space="s", factory="f", processors=4)
MEASURED = HostFacts(load=1.0, memory_free_bytes=8 << 30, disk_free_bytes=9 << 30)


def test_first_measurements_replace_what_was_told_before_any_at_once() -> None:
    rows, host = FactoryRows(b"12345678"), Host(SETTINGS, listening_since=0.0)
    rows.current(SETTINGS, host, 4, 0.0)
    host.facts = MEASURED
    assert rows.current(SETTINGS, host, 4, 0.1).memory_free_bytes == 8 << 30


def test_a_row_that_is_sent_for_another_reason_has_what_was_measured_last() -> None:
    rows, host = FactoryRows(b"12345678"), Host(SETTINGS, listening_since=0.0, facts=MEASURED)
    rows.current(SETTINGS, host, 4, 0.0)
    host.facts = replace(MEASURED, load=1.1)
    assert rows.current(SETTINGS, host, 4, 1.0).load == 1.0
    assert rows.current(SETTINGS, host, 3, 2.0).load == 1.1
    assert rows.current(SETTINGS, host, 3, 3.0) == rows.last


def test_measuring_alone_sends_no_row() -> None:
    rows, host = FactoryRows(b"12345678"), Host(SETTINGS, listening_since=0.0, facts=MEASURED)
    before = rows.current(SETTINGS, host, 4, 0.0)
    for second in range(1, 1000):
        host.facts = replace(MEASURED, load=1.0 + second % 7 / 40)
        assert rows.current(SETTINGS, host, 4, float(second)) == before


def test_later_ones_are_told_seldom() -> None:
    rows, host = FactoryRows(b"12345678"), Host(SETTINGS, listening_since=0.0, facts=MEASURED)
    rows.current(SETTINGS, host, 4, 0.0)
    host.facts = replace(MEASURED, load=3.0)
    assert rows.current(SETTINGS, host, 4, TOLD_EVERY_SECONDS / 2).load == 1.0
    assert rows.current(SETTINGS, host, 4, TOLD_EVERY_SECONDS).load == 3.0
