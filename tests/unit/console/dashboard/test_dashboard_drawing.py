"""The lines of a pane at any size, for whatever stands in a row: never too wide, and where a click says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.unit.console import past, scenes
from tests.unit.console.scenes import NOW
from vacnet.console.dashboard.drawing import Drawing, cut
from vacnet.console.dashboard.geometry import HEADING_LINES
from vacnet.console.dashboard.kinds import EVENTS, FACTORIES, KINDS, MACHINES, TARGETS, Moment
from vacnet.console.dashboard.listing import Listing
from vacnet.factory.client import EventState

MOMENT = Moment(now=NOW)
WIDE = "界" * 30
HOSTILE = ("\x1b[2J\x1b]0;x\x07", "\u202egnorw\u202c", "a\nb\tc\r", "x" * 253, WIDE, "[red]no[/]", "\x9b31m")
THINGS: dict[str, tuple[Any, ...]] = {
    "targets": scenes.TARGETS,
    "factories": (scenes.VAC01, scenes.SILENT_04, scenes.DRAINING_02, scenes.VAC03),
    "machines": scenes.MACHINES["ended"].machines,
    "events": past.HAPPENED["back-off"] + past.HAPPENED["healthy"],
}
ODD: dict[str, tuple[Any, ...]] = {
    "targets": tuple(scenes.target(name, "open", f"said {name}") for name in HOSTILE),
    "factories": tuple(scenes.factory(name, note=name, flags=("draining",)) for name in HOSTILE),
    "machines": tuple(
        scenes.machine(number, "t", "running", name=name, id=name, message=name)
        for number, name in enumerate(HOSTILE)
    ),
    "events": tuple(
        EventState(serial=number, time=NOW, name="some", fields={name: name}, warning=True)
        for number, name in enumerate(HOSTILE)
    ),
}
kinds = st.sampled_from(list(KINDS))
widths, heights = st.integers(20, 250), st.integers(1, 60)


def filled(kind: str, things: tuple[Any, ...], at: int = 0) -> tuple[Drawing, Listing[Any]]:
    listing = KINDS[kind].listing()
    listing.put(things)
    listing.choose(at)
    return Drawing(KINDS[kind], 1), listing


@given(kinds, widths, heights, st.booleans(), st.integers(0, 7), st.booleans())
def test_no_line_is_wider_than_the_pane_and_none_is_missing(
    kind: str,
    width: int,
    height: int,
    odd: bool,  # noqa: FBT001 (given)
    at: int,
    chosen: bool,  # noqa: FBT001 (given)
) -> None:
    drawing, listing = filled(kind, (ODD if odd else THINGS)[kind], at)
    lines = drawing.lines(listing, MOMENT, width, height, chosen=chosen, status=WIDE)
    assert len(lines) == height
    assert max(line.cell_len for line in lines) <= width
    assert all(line.plain.isprintable() for line in lines), "nothing in it acts on a terminal"


@given(kinds, widths, st.integers(3, 60), st.integers(0, 7))
def test_a_click_on_a_line_means_the_thing_that_is_drawn_there(
    kind: str, width: int, height: int, at: int
) -> None:
    drawing, listing = filled(kind, THINGS[kind], at)
    drawn = drawing.lines(listing, MOMENT, width, height, chosen=True)
    places = [drawing.row_at(line) for line in range(-1, height + 2)][1:-2]
    assert places[:HEADING_LINES] == [None] * HEADING_LINES
    named = [place for place in places if place is not None]
    assert named == sorted(named)
    for line, place in enumerate(places):
        if place is not None and drawn[line].plain.startswith("> "):
            assert place == listing.at
        assert (place is None) == (line < HEADING_LINES or not drawn[line].plain.strip())
    assert listing.at in named
    assert set(named) == set(range(listing.top, listing.top + len(set(named))))


@pytest.mark.parametrize("kind", THINGS)
def test_with_room_each_line_names_its_thing_and_words_stand_below_only_where_there_are_any(
    kind: str,
) -> None:
    drawing, listing = filled(kind, THINGS[kind])
    wanted = drawing.lines_wanted(listing.shown, MOMENT, 80)
    lines = drawing.lines(listing, MOMENT, 80, HEADING_LINES + wanted, chosen=True)
    assert all(line.plain.strip() for line in lines), "as many lines as it said, and none of them empty"
    row = KINDS[kind].row_of
    for number, line in enumerate(lines[HEADING_LINES:], HEADING_LINES):
        place = drawing.row_at(number)
        assert place is not None
        first = drawing.row_at(number - 1) != place
        name = next(iter(row(listing.shown[place], MOMENT).cells.values())).text
        assert (name[:8] in line.plain) == first
    assert wanted > len(listing.shown)
    assert drawing.lines_wanted(listing.shown, MOMENT, 250) == len(listing.shown)


def test_with_a_line_less_all_rows_stand_and_no_words_below_them() -> None:
    drawing, listing = filled("targets", THINGS["targets"])
    lines = drawing.lines(listing, MOMENT, 80, HEADING_LINES + 5, chosen=True)
    assert [drawing.row_at(line) for line in range(2, 7)] == [0, 1, 2, None, None]
    assert "back-off" in lines[4].plain, "its state keeps a place beside the rest"


def test_columns_stand_still_while_one_scrolls() -> None:
    factories = [scenes.factory(f"n{number}") for number in range(30)]
    factories[0] = scenes.factory("a-very-long-name.example.org", itself=True)
    drawing, listing = filled("factories", tuple(factories))
    first = drawing.lines(listing, MOMENT, 120, 10, chosen=True)[1].plain
    listing.move(29)
    assert drawing.lines(listing, MOMENT, 120, 10, chosen=True)[1].plain == first


def test_where_there_is_nothing_it_says_what_to_do_in_whole_words() -> None:
    drawing, listing = filled("targets", ())
    lines = drawing.lines(listing, MOMENT, 40, HEADING_LINES + 4, chosen=True)
    assert "vacnet config check" in " ".join(" ".join(line.plain for line in lines).split())
    lines = drawing.lines(listing, MOMENT, 80, 10, chosen=True, empty="Asking vac02 ...")
    assert lines[2].plain == "  Asking vac02 ..."


def test_the_heading_says_how_many_in_which_order_and_what_is_left_out() -> None:
    drawing, listing = filled("factories", THINGS["factories"])
    listing.set_filter("vac0 !silent")
    listing.sort()
    listing.reverse()
    told = drawing.lines(listing, MOMENT, 100, 5, chosen=True, status="of x")[0].plain
    assert told.startswith(" 1 Factories  3 of 4  by name reversed  /vac0 !silent  of x ──")


def test_a_row_for_each_is_made_of_no_more_than_can_be_seen() -> None:
    made = []

    def row_of(one: Any, moment: Moment) -> Any:
        made.append(one)
        return FACTORIES.row_of(one, moment)

    listing = FACTORIES.listing()
    listing.put([scenes.factory(f"node{number:04d}") for number in range(1_000)])
    drawing = Drawing(replace(FACTORIES, row_of=row_of), 2)
    drawing.lines_wanted(listing.shown, MOMENT, 160)
    drawing.lines(listing, MOMENT, 160, 40, chosen=True)
    assert len(made) == 38


@given(st.text(), st.integers(-2, 60))
def test_a_cut_line_is_as_wide_as_was_said(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= max(0, width)
    if cell_len(text) <= width:
        assert cut(text, width) == text


@pytest.mark.parametrize("kind", [TARGETS, FACTORIES, MACHINES, EVENTS], ids=lambda kind: kind.name)
def test_every_order_and_every_word_can_be_had_of_everything(kind: Any) -> None:
    listing = kind.listing()
    listing.put((*THINGS[kind.name], *ODD[kind.name]))
    for _ in listing.orders:
        listing.sort()
        assert len(listing.shown) == len(listing.all)
    for thing in listing.all:
        assert kind.name_of(thing)
        assert kind.words_of(thing).startswith(kind.name_of(thing) if kind is not EVENTS else thing.name)
        assert kind.name_of(thing) in listing.text_of(thing)


@pytest.mark.parametrize("age", [-1e12, -0.5, 0.0, 1e12, float("inf"), float("nan")])
def test_ages_that_nobody_can_have_are_drawn_all_the_same(age: float) -> None:
    odd = {
        "factories": scenes.factory("f", heard_seconds=age, load=age, deadline_seconds=age),
        "targets": scenes.target("t", "open", "w", share=age, got=age, last_ago_seconds=age),
        "machines": scenes.machine(1, "t", "running", deadline=age, created=age, started=age, hours=age),
        "events": EventState(serial=1, time=NOW, name="e", fields={"a": age}, warning=False),
    }
    for kind, thing in odd.items():
        drawing, listing = filled(kind, (thing, *THINGS[kind]))
        for _ in listing.orders:
            listing.sort()
            lines = drawing.lines(listing, Moment(now=NOW, late_seconds=age), 160, 20, chosen=True)
            assert any(KINDS[kind].name_of(thing) in line.plain for line in lines)


def test_a_factory_with_more_processors_free_than_it_has_is_drawn_all_the_same() -> None:
    odd = msgspec.structs.replace(scenes.VAC01, processors_free=99, processors_total=0, memory_free_bytes=-5)
    drawing, listing = filled("factories", (odd,))
    assert "vac01" in drawing.lines(listing, MOMENT, 80, 5, chosen=True)[2].plain
