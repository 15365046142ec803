"""Merging windows is a maximum: order, repetition and grouping do not matter."""

from __future__ import annotations

from functools import partial, reduce

from hypothesis import given
from hypothesis import strategies as st

from vacnet.space.window import Window, merge, merged, never_tried, window_hash

WINDOWS = st.builds(
    Window,
    number=st.integers(0, 3),
    opener=st.sampled_from(["a", "b", "c"]),
    opened_at=st.integers(0, 1000).map(float),
    length_seconds=st.integers(0, 100).map(float),
    streak=st.integers(0, 5),
    open=st.booleans(),
)


@given(WINDOWS, WINDOWS)
def test_merging_is_commutative(one: Window, other: Window) -> None:
    assert merge("t", one, other) == merge("t", other, one)


@given(WINDOWS, WINDOWS, WINDOWS)
def test_merging_is_associative(one: Window, two: Window, three: Window) -> None:
    assert merge("t", merge("t", one, two), three) == merge("t", one, merge("t", two, three))


@given(WINDOWS, WINDOWS)
def test_merging_is_idempotent(one: Window, other: Window) -> None:
    both = merge("t", one, other)
    assert merge("t", one, one) == one
    assert merge("t", both, one) == merge("t", both, other) == both


@given(WINDOWS, WINDOWS)
def test_the_higher_number_wins_whole(one: Window, other: Window) -> None:
    if one.number != other.number:
        assert merge("t", one, other) == max(one, other, key=lambda window: window.number)


def test_of_two_openers_of_one_number_the_smaller_hash_wins() -> None:
    one = Window(3, "a", 10.0, 60.0, 1)
    other = Window(3, "b", 5.0, 30.0, 2, open=True)
    smaller = min(("a", "b"), key=lambda opener: window_hash("t", 3, opener))
    assert merge("t", one, other).opener == smaller
    assert merge("t", one, other) in (one, other)


def test_which_opener_wins_depends_on_target_and_number() -> None:
    winners = {
        min("ab", key=lambda opener: window_hash(target, number, opener))
        for target in ("t", "u", "v")
        for number in range(5)
    }
    assert winners == {"a", "b"}


def test_of_two_copies_the_greatest_age_and_openness_stand() -> None:
    one = Window(3, "a", 10.0, 60.0, 3)
    other = Window(3, "a", 12.0, 30.0, 1, open=True)
    assert merge("t", one, other) == Window(3, "a", 10.0, 30.0, 1, open=True)


def test_a_target_never_tried_is_past_its_window() -> None:
    window = never_tried(50.0)
    assert window.ends_at() == 50.0
    assert window.age(60.0) == 10.0
    assert window.identity == (0, "")


@given(st.lists(WINDOWS, min_size=1))
def test_many_windows_come_to_what_they_come_to_one_by_one(windows: list[Window]) -> None:
    assert merged("t", windows) == reduce(partial(merge, "t"), windows)
