"""The table of keys: each is obeyed, none means two things, and the footer says what matters."""

from __future__ import annotations

import itertools

import pytest
from rich.cells import cell_len

from vacnet.console.dashboard import grammar
from vacnet.console.dashboard.app import Dashboard
from vacnet.console.dashboard.kinds import KINDS
from vacnet.console.dashboard.moving import Moving

PLACES = list(itertools.product(KINDS, (False, True)))


def test_every_action_of_the_table_exists_and_every_action_stands_in_the_table() -> None:
    names = {*vars(Dashboard), *vars(Moving)}
    own = {name.removeprefix("action_") for name in names if name.startswith("action_")}
    assert {key.name for key in grammar.KEYS} == own


@pytest.mark.parametrize(("pane", "past"), PLACES)
def test_a_key_means_one_thing_in_one_place(pane: str, past: bool) -> None:  # noqa: FBT001 (a parameter)
    keys = [name for key in grammar.active(pane, past=past) for name in key.keys.split(",")]
    assert len(keys) == len(set(keys))
    shown = [key.shown for key in grammar.active(pane, past=past)]
    assert len(shown) == len(set(shown))


def test_a_key_means_the_same_action_everywhere() -> None:
    """The bindings of the screen are by key alone: what is not for here and now does nothing."""
    for keys in {key.keys for key in grammar.KEYS}:
        assert len({key.action for key in grammar.KEYS if key.keys == keys}) == 1


@pytest.mark.parametrize(("pane", "past"), PLACES)
@pytest.mark.parametrize("write", [False, True])
def test_the_footer_begins_with_the_help_and_the_way_out_and_then_what_is_special_here(
    pane: str,
    past: bool,  # noqa: FBT001 (a parameter)
    write: bool,  # noqa: FBT001 (a parameter)
) -> None:
    told = list(grammar.footer(pane, past=past, write=write))
    assert told[:2] == ["? keys", "q quit"]
    assert len(told) == len(set(told))
    orders = [key.brief for key in grammar.active(pane, past=past) if key.orders]
    assert [brief for brief in orders if brief in told] == (orders if write else [])
    assert past == ("[ ] step" in told)
    assert "w why" in told[:9]


@pytest.mark.parametrize(("pane", "past"), PLACES)
def test_the_help_has_a_line_for_each_key_that_fits_a_small_terminal(
    pane: str,
    past: bool,  # noqa: FBT001 (a parameter)
) -> None:
    told = list(grammar.told(pane, past=past))
    assert len(told) == len(list(grammar.active(pane, past=past)))
    assert max(map(cell_len, told)) <= 76


@pytest.mark.parametrize("pane", KINDS)
def test_nothing_can_be_ordered_in_the_past(pane: str) -> None:
    assert not any(key.orders for key in grammar.active(pane, past=True))


def test_what_changes_something_is_marked() -> None:
    assert {key.name for key in grammar.KEYS if key.orders} == {"hold", "drain", "stop"}
