"""Superslots: who joins which, what is not given away, and how few deadlines a host has."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.decide.placement import Occupied, Room, fits, without
from vacnet.decide.superslots import Superslot, spot, superslots
from vacnet.targets.model import Target

NOW = 1000.0
HOUR = 3600
SHORT = Target(name="short", max_wallclock_seconds=12 * HOUR, min_wallclock_seconds=HOUR)
LONG = Target(name="long", max_wallclock_seconds=12 * HOUR, min_wallclock_seconds=12 * HOUR)
LARGE = Target(
    name="large",
    min_processors=4,
    max_processors=16,
    max_wallclock_seconds=12 * HOUR,
    min_wallclock_seconds=2 * HOUR,
)


def _room(processors: int, until: float | None = None) -> Room:
    return Room(processors, 1 << 60, 1 << 60, 0, until)


def _until(hours: float, processors: int = 1) -> Occupied:
    return Occupied(SHORT, processors, NOW + hours * HOUR)


def test_machines_of_one_deadline_are_a_superslot_until_it_is_full() -> None:
    machines = [_until(3), _until(3, 2), _until(1), _until(2, 8), Occupied(SHORT, 1, math.inf)]
    assert superslots(machines, 8) == (Superslot(NOW + HOUR, 7), Superslot(NOW + 3 * HOUR, 5))
    assert superslots(machines, 1) == ()


def test_a_machine_joins_the_first_superslot_in_which_it_has_time_and_ends_with_it() -> None:
    lacking = superslots([_until(0.5), _until(3), _until(5)], 8)
    found = spot(SHORT, _room(21), lacking, 8, NOW)
    assert (found.deadline_at, found.room.processors) == (NOW + 3 * HOUR, 7)


def test_one_that_needs_longer_gets_only_what_no_superslot_lacks() -> None:
    lacking = superslots([_until(3), _until(5, 2)], 8)
    assert fits(LONG, spot(LONG, _room(13), lacking, 8, NOW).room) == 0
    found = spot(LONG, _room(14), lacking, 8, NOW)
    assert (found.deadline_at, found.room.processors) == (NOW + 12 * HOUR, 1)


def test_a_machine_is_no_larger_than_its_superslot_unless_it_has_to_be() -> None:
    assert fits(LARGE, spot(LARGE, _room(16), (), 8, NOW).room) == 8
    assert fits(LARGE, spot(LARGE, _room(16), (), 2, NOW).room) == 16
    assert fits(LARGE, spot(LARGE, _room(16), (), 1, NOW).room) == 16
    joined = spot(LARGE, _room(16), superslots([_until(3, 3)], 8), 8, NOW)
    assert (joined.deadline_at, fits(LARGE, joined.room)) == (NOW + 3 * HOUR, 5)


@pytest.mark.parametrize("processors", [0, -5])
def test_where_nothing_is_free_there_is_no_spot(processors: int) -> None:
    lacking = superslots([_until(3)], 8)
    assert fits(SHORT, spot(SHORT, _room(processors), lacking, 8, NOW).room) == 0


def test_a_host_that_has_a_deadline_gives_none_after_it() -> None:
    assert spot(LONG, _room(8, until=NOW + HOUR), (), 8, NOW).deadline_at == NOW + HOUR


@given(
    st.integers(1, 64),
    st.integers(2, 16),
    st.lists(st.tuples(st.sampled_from([SHORT, LONG]), st.floats(0, 4 * HOUR), st.booleans()), max_size=60),
)
def test_a_host_has_at_most_as_many_deadlines_as_superslots(
    processors: int, size: int, story: list[tuple[Target, float, bool]]
) -> None:
    running: list[Occupied] = []
    now = NOW
    for target, wait, ends_early in story:
        now += wait
        running = [one for one in running if one.ends_at > now]
        if ends_early and running:
            running.pop(0)
        found = spot(target, without(_room(processors), running), superslots(running, size), size, now)
        if fits(target, found.room):
            running.append(Occupied(target, 1, found.deadline_at))
        assert len({one.ends_at for one in running}) <= math.ceil(processors / size)
        assert len(running) <= processors
