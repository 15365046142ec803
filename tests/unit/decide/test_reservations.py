"""How much room may be kept, by whom, and for how long: laws that hold for all numbers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.decide.caps import NO_CAP, machines_left
from vacnet.decide.peers import Peer
from vacnet.decide.placement import Occupied, Room, fits, is_large, room_at, without
from vacnet.decide.reservations import (
    FAR_SECONDS,
    MARGIN_SECONDS,
    Quota,
    keep_seconds,
    lack,
    startable,
    stays,
    wait_seconds,
)
from vacnet.decide.shares import Contender
from vacnet.decide.standing import RESERVATION_SECONDS_MAX, Standing, stand
from vacnet.decide.tickets import TAIL_SECONDS
from vacnet.space.rows import RESERVATION, TargetRow
from vacnet.space.window import Window, never_tried
from vacnet.targets.model import GIB, Target

LARGE = Target(name="large", target_share=1.0, min_processors=8, max_processors=8)
SMALL = Target(name="small", target_share=99.0)
COUNTS = st.integers(0, 200)
NAMES = st.sets(st.sampled_from([f"f{n}" for n in range(30)]), min_size=1)


def _lack(large: float, small: float, *, share: float = 1.0, capacity: float = 48.0) -> float:
    contenders = (Contender("large", "large", share, large), Contender("small", "small", 100 - share, small))
    return lack("large", contenders, capacity)


def test_what_a_target_lacks_is_its_share_of_the_space_without_what_it_has() -> None:
    assert _lack(0, 48) == pytest.approx(0.48)
    assert _lack(8, 40) == 0.0
    assert _lack(8, 40, share=50.0) == pytest.approx(16.0)


def test_a_member_of_a_group_that_has_its_due_lacks_nothing() -> None:
    contenders = (
        Contender("large", "g", 10.0, 0.0),
        Contender("other", "g", 10.0, 40.0),
        Contender("small", "small", 80.0, 60.0),
    )
    assert lack("large", contenders, 100.0) == 0.0
    assert lack("large", contenders[:1] + contenders[2:], 100.0) == pytest.approx(100 / 9)


def test_one_without_a_share_lacks_nothing() -> None:
    assert lack("large", (Contender("small", "small", 1.0, 0.0),), 48.0) == 0.0


@given(st.floats(0, 100), COUNTS, COUNTS, st.floats(0.1, 100), st.floats(0, 1e4), st.integers(1, 64))
def test_no_more_keep_room_than_machines_are_lacking_or_could_start(
    has: float, could: int, left: int, share: float, capacity: float, size: int
) -> None:
    contenders = (Contender("large", "large", share, has), Contender("small", "small", 1.0, 0.0))
    quota = Quota(
        target="large", contenders=contenders, capacity=capacity, size=size, startable=could, left=left
    )
    due = share / (share + 1) * capacity
    assert 0 <= quota.allowed <= min(could, left)
    assert quota.allowed * size <= max(0.0, due - has) + size * (1 + 1e-9)
    assert quota.allowed or min(could, left) == 0 or due - has <= 1e-9


@given(NAMES, COUNTS)
def test_of_all_that_keep_room_exactly_so_many_stay_whatever_the_order(names: set[str], count: int) -> None:
    window = never_tried(0.0)
    left = [name for name in names if stays("large", window, name, names - {name}, count)]
    assert len(left) == min(count, len(names))


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 2000), st.integers())
def test_who_has_room_earlier_waits_less(one: float, other: float, factories: int, seed: int) -> None:
    sooner, later = sorted((one, other))
    first = wait_seconds(sooner, factories, Random(seed))
    assert 0 <= first <= wait_seconds(later, factories, Random(seed)) <= FAR_SECONDS + TAIL_SECONDS


@given(st.floats(0, allow_infinity=True, allow_nan=False))
def test_room_is_kept_for_a_bounded_time(room_in: float) -> None:
    assert MARGIN_SECONDS <= keep_seconds(room_in) <= RESERVATION_SECONDS_MAX


@given(st.lists(st.tuples(st.floats(0, 1e5), st.integers(1, 4)), max_size=20), st.integers(1, 40))
def test_room_is_there_when_so_many_have_ended_and_no_sooner(
    running: list[tuple[float, int]], total: int
) -> None:
    whole = Room(total, 1 << 60, 1 << 60, 0)
    taken = [Occupied(SMALL, processors, ends_at) for ends_at, processors in running]
    at = room_at(LARGE, whole, taken, 0.0)
    if at is None:
        assert total < 8
        return
    assert fits(LARGE, without(whole, [one for one in taken if one.ends_at > at]))
    earlier = [one for one in taken if one.ends_at >= at]
    assert at == 0.0 or not fits(LARGE, without(whole, earlier))


def test_room_too_late_for_the_hosts_deadline_is_none() -> None:
    target = Target(name="large", min_processors=8, max_processors=8, min_wallclock_seconds=600)
    whole = Room(8, 16 * GIB, 0, 0, until=1000.0)
    assert room_at(target, whole, [Occupied(SMALL, 1, 300.0)], 0.0) == 300.0
    assert room_at(target, whole, [Occupied(SMALL, 1, 500.0)], 0.0) is None


@pytest.mark.parametrize(
    ("more", "large"),
    [
        ({}, False),
        ({"min_processors": 2, "max_processors": 2}, True),
        ({"memory_bytes_per_processor": 4 * GIB}, True),
        ({"gpus": 1}, True),
    ],
)
def test_a_target_is_large_beside_one_that_needs_less(more: dict[str, int], large: bool) -> None:  # noqa: FBT001
    target = Target(name="t", target_share=1.0, **more)  # type: ignore[arg-type]
    assert is_large(target, (target, SMALL)) is large
    assert not is_large(target, (target, Target(name="unused")))


# --- by rows ------------------------------------------------------------------------------------------------


def _peer(name: str, *, live: bool = True, kept_at: float | None = 0.0, window: Window | None = None) -> Peer:
    row = TargetRow(
        target="large",
        window=window or never_tried(0.0),
        processors_claimed=8,
        claim=RESERVATION,
        claim_at=kept_at,
    )
    return Peer(name, live=live, holds=True, row=row, weight=2.0)


def _standing(*peers: Peer, now: float = 10.0) -> Standing:
    return stand(LARGE, never_tried(0.0), peers, now)


def test_reservations_count_for_as_long_as_their_factory_is_live_whatever_its_window() -> None:
    other = Window(7, "x", 0.0, 0.0, 1)
    found = _standing(_peer("f2"), _peer("f1", window=other), _peer("f3", live=False)).reservations
    assert [(one.factory, one.processors, one.work) for one in found] == [("f1", 8, 16.0), ("f2", 8, 16.0)]
    assert _standing(_peer("f1"), now=RESERVATION_SECONDS_MAX).reservations == ()


def test_one_claims_no_ticket() -> None:
    assert _standing(_peer("f1")).claims == ()
    assert startable(LARGE, _standing(_peer("f1")), 48, "f2") == 1


def test_in_back_off_nothing_could_start() -> None:
    window = Window(1, "f1", 0.0, 100.0, 1)
    standing = stand(LARGE, window, (), 10.0)
    assert startable(LARGE, standing, 48, "f1") == 0


def test_an_open_target_may_start_what_its_allowance_leaves() -> None:
    window = Window(1, "f1", 0.0, 1.0, 1, open=True)
    busy = Peer("f1", live=True, holds=True, row=TargetRow(target="large", window=window, unproven=3))
    assert startable(LARGE, stand(LARGE, window, (busy,), 10.0), 40, "f1") == 1


@pytest.mark.parametrize(
    ("caps", "left"),
    [
        ({}, NO_CAP),
        ({"max_machines_running": 3}, 3),
        ({"max_processors_running": 24}, 2),
        ({"max_processors_running": 8}, 0),
    ],
)
def test_what_the_targets_own_limits_leave(caps: dict[str, int], left: int) -> None:
    target = Target(name="large", min_processors=8, max_processors=8, **caps)  # type: ignore[arg-type]
    assert machines_left(target, _standing(_peer("f1"))) == left
    assert machines_left(target, _standing(_peer("f1")), besides=8) == min(
        left + 1, NO_CAP if not caps else 3
    )
