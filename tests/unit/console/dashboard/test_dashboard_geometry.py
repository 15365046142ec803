"""How high the panes are: always as high as the screen together, on every screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vacnet.console.dashboard.geometry import (
    DETAILS,
    HEADING_LINES,
    LEAST_ROWS,
    OVERVIEW,
    heights,
    panes_shown,
)

ALL = (*OVERVIEW, *DETAILS)
lines = st.integers(-3, 200)
counts = st.integers(0, 2_000)
wishes = st.lists(st.tuples(counts, counts), min_size=1, max_size=4)


def placed(given_lines: int, asked: list[tuple[int, int]]) -> dict[str, int]:
    rows = {name: row for name, (row, _) in zip(ALL, asked, strict=False)}
    return heights(given_lines, rows, {name: more for name, (_, more) in zip(ALL, asked, strict=False)})


@given(lines, wishes)
def test_together_they_fill_the_screen_and_none_is_below_nothing(
    given_lines: int, asked: list[tuple[int, int]]
) -> None:
    found = placed(given_lines, asked)
    assert sum(found.values()) == max(0, given_lines)
    assert min(found.values()) >= 0


@given(lines, wishes)
def test_nobody_but_the_last_gets_more_than_it_can_fill(
    given_lines: int, asked: list[tuple[int, int]]
) -> None:
    found = placed(given_lines, asked)
    for name, (rows, more) in list(zip(ALL, asked, strict=False))[:-1]:
        assert found[name] <= HEADING_LINES + rows + more


@given(lines, wishes)
def test_nobody_starves_beside_one_who_wants_much(given_lines: int, asked: list[tuple[int, int]]) -> None:
    least = sum(HEADING_LINES + min(LEAST_ROWS, rows) for rows, _ in asked)
    found = placed(given_lines, asked)
    if given_lines >= least:
        for name, (rows, _) in zip(ALL, asked, strict=False):
            assert found[name] >= HEADING_LINES + min(LEAST_ROWS, rows)


@given(st.integers(-3, 200), st.integers(0, 500), st.sampled_from(ALL), st.booleans())
def test_the_chosen_pane_is_always_there(height: int, wanted: int, chosen: str, alone: bool) -> None:  # noqa: FBT001 (given)
    shown = panes_shown(height, wanted, chosen, alone=alone)
    assert chosen in shown
    assert list(shown) == sorted(shown, key=ALL.index)
    assert not alone or shown == (chosen,)


def test_a_high_screen_has_all_and_a_low_one_the_overview() -> None:
    assert panes_shown(46, 100, "targets", alone=False) == ALL
    assert panes_shown(20, 14, "factories", alone=False) == OVERVIEW
    assert panes_shown(20, 8, "targets", alone=False) == ALL
    assert panes_shown(20, 14, "events", alone=False) == ("events",)


def test_few_targets_have_their_words_before_the_hundredth_factory_has_its_line() -> None:
    assert heights(19, {"targets": 3, "factories": 200}, {"targets": 3, "factories": 0}) == {
        "targets": 8,
        "factories": 11,
    }
