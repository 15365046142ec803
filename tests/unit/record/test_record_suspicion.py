"""A factory's suspicion of itself outlives a restart, a reboot and a wall clock that is set."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from vacnet.decide.blackholes import NONE, Suspicion
from vacnet.record.schema import migrate
from vacnet.record.suspicion_table import keep, suspicions
from vacnet.record.window_table import Clocks

ONE = Suspicion(count=2, since=100.0, until=22_000.0, failed=9.0, tried=10.0, rate=0.02)
KEPT = Clocks("boot1", boot=400.0, wall=1_000_000.0)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    migrate(made)
    keep(made, "work", ONE, KEPT)
    yield made
    made.close()


def test_in_the_same_boot_it_is_the_same_whatever_the_wall_clock_did(connection: sqlite3.Connection) -> None:
    assert suspicions(connection, Clocks("boot1", 9_000.0, 5.0)) == {"work": ONE}


@pytest.mark.parametrize(("passed", "left"), [(600.0, 21_000.0), (30_000.0, -8_400.0), (-50_000.0, 21_600.0)])
def test_after_a_reboot_as_much_is_left_as_wall_time_says(
    connection: sqlite3.Connection, passed: float, left: float
) -> None:
    (kept,) = suspicions(connection, Clocks("boot2", 30.0, KEPT.wall + passed)).values()
    assert kept.until - 30.0 == pytest.approx(left)
    assert kept.until - kept.since == pytest.approx(ONE.until - ONE.since)
    assert (kept.count, kept.failed, kept.tried, kept.rate) == (2, 9.0, 10.0, 0.02)


def test_one_that_is_over_is_forgotten(connection: sqlite3.Connection) -> None:
    keep(connection, "work", NONE, KEPT)
    assert suspicions(connection, KEPT) == {}
