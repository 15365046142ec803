from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vacnet.console.glyphs import MARK, ascii_only, draw_bar
from vacnet.console.model import Bar

PARTS = st.floats(-1, 3)


@given(PARTS, st.none() | PARTS, st.integers(1, 40))
def test_a_bar_is_exactly_as_wide_as_its_column(part: float, mark: float | None, width: int) -> None:
    assert len(draw_bar(Bar(part, mark), width)) == width


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 40))
def test_more_is_never_drawn_shorter(one: float, other: float, width: int) -> None:
    less, more = sorted((one, other))
    assert _eighths(draw_bar(Bar(less), width)) <= _eighths(draw_bar(Bar(more), width))


def _eighths(bar: str) -> int:
    return sum({" ": 0, "\u2588": 8}.get(sign, 0x2590 - ord(sign)) for sign in bar)


@given(st.floats(0, 1, exclude_min=True), st.integers(1, 40))
def test_a_little_is_never_drawn_as_nothing(part: float, width: int) -> None:
    assert draw_bar(Bar(part), width).strip()


@given(PARTS, st.floats(0, 1), st.integers(1, 40))
def test_what_is_due_is_always_marked(part: float, mark: float, width: int) -> None:
    assert draw_bar(Bar(part, mark), width).count(MARK) == 1


def test_what_is_due_stands_where_a_bar_of_that_length_ends() -> None:
    assert draw_bar(Bar(0.0, 0.5), 8) == "    \u2502   "
    assert draw_bar(Bar(0.5, 0.5), 8) == "\u2588\u2588\u2588\u2588\u2502   "


@given(PARTS, st.none() | PARTS, st.integers(1, 40))
def test_in_ascii_a_bar_keeps_its_width(part: float, mark: float | None, width: int) -> None:
    bar = ascii_only(draw_bar(Bar(part, mark), width))
    assert bar.isascii()
    assert len(bar) == width
