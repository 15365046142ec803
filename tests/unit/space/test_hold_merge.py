"""Holds: whatever copies meet in whatever order, all come to the same, and a release is not undone."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from vacnet.space.hold import NEVER_HELD, Hold, merge, next_hold

HOLDS = st.builds(
    Hold,
    number=st.integers(0, 3),
    author=st.sampled_from(["", "f1", "f2", "f3"]),
    at=st.floats(0, 100),
    held=st.booleans(),
    reason=st.sampled_from(["", "a", "b"]),
)


def _all(holds: list[Hold]) -> Hold:
    return reduce(lambda one, other: merge("t", one, other), holds)


@given(st.lists(HOLDS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_meeting_does_not_matter(holds: list[Hold], random: object) -> None:
    other = list(holds)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert _all(holds) == _all(other) == _all([*other, *holds])


@given(HOLDS)
def test_what_is_said_later_stands(before: Hold) -> None:
    said = next_hold(before, "f9", "why", held=not before.held, now=200.0)
    assert merge("t", before, said) == merge("t", said, before) == said
    assert said.held is not before.held


def test_a_release_is_not_undone_by_an_old_copy() -> None:
    held = next_hold(NEVER_HELD, "f1", "bad image", held=True, now=1.0)
    released = next_hold(held, "f2", "", held=False, now=5.0)
    assert not merge("t", released, held).held
