"""Histories and events as they look; rates and gaps of the pure models."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.console import goldens, past, scenes
from tests.unit.console.drawn import drawn
from vacnet.console.events_view import event_line
from vacnet.console.heard import heard
from vacnet.console.history_view import DIMENSIONS, HOUR, history_view
from vacnet.console.tables import line_of_log

DAY_AGO = scenes.NOW - 24 * HOUR


def told(scene: str, by: str, *, ascii_signs: bool = False) -> str:
    view = history_view(past.HISTORIES[scene], scenes.NOW, by, DAY_AGO)
    return drawn(view, 80, ascii_signs=ascii_signs)


@pytest.mark.parametrize("scene", past.HISTORIES)
def test_a_history_looks_as_it_did(scene: str) -> None:
    goldens.check(f"history-{scene}-80", told(scene, "target"))
    goldens.check(f"history-{scene}-80-ascii", told(scene, "target", ascii_signs=True))


@pytest.mark.parametrize("by", [by for by in DIMENSIONS if by not in {"target", "factory"}])
def test_a_history_by_other_things_looks_as_it_did(by: str) -> None:
    goldens.check(f"history-by-{by}-80", told("healthy", by))


def test_a_history_by_factory_is_what_was_heard() -> None:
    view = history_view(heard(scenes.HEALTHY, DAY_AGO), scenes.NOW, "factory", DAY_AGO)
    goldens.check("history-by-factory-80", drawn(view, 80))


@pytest.mark.parametrize("scene", past.HAPPENED)
def test_events_look_as_they_did(scene: str) -> None:
    lines = [
        line.plain
        for event in past.HAPPENED[scene]
        for line in line_of_log(event_line(event), 80, full=False)
    ]
    goldens.check(f"events-{scene}-80", "".join(f"{line}\n" for line in lines))


def test_what_was_heard_ends_where_it_was_asked_to_begin() -> None:
    assert len(heard(scenes.HEALTHY, scenes.NOW - 11).tallies) == 2 * len(scenes.TARGETS)


def test_an_hour_in_which_nothing_ended_is_a_row_too() -> None:
    assert "11-24 09:00      0" in told("healthy", "hour")


def test_a_rate_is_by_the_time_that_was_looked_at() -> None:
    (cells,) = (
        row.cells
        for row in history_view(past.history(past.tally("a", 200, 10), hours=0.5), scenes.NOW, "target", 0)
        .sheets[0]
        .rows
    )
    assert cells["rate"].text == "20.0"


def test_what_is_neither_nothing_nor_all_never_looks_so() -> None:
    assert "<1%" in told("black-hole", "target")
    assert ">99%" in told("black-hole", "target")


def test_over_a_moment_no_rate_is_told() -> None:
    brief = past.history(past.tally("a", 200, 1), hours=0.01)
    assert history_view(brief, scenes.NOW, "target", 0).sheets[0].rows[0].cells["rate"].text == "-"


def test_the_words_of_a_machine_cannot_act_on_a_terminal() -> None:
    evil = past.history(past.tally("a", 200, 1, words="\x1b[2J"))
    assert "\x1b" not in drawn(history_view(evil, scenes.NOW, "target", 0), 80)


def test_a_history_that_is_not_of_now_says_so() -> None:
    old = msgspec.structs.replace(past.HISTORIES["healthy"], time=scenes.NOW - 60)
    assert "has not answered for 1m00s" in drawn(history_view(old, scenes.NOW, "target", DAY_AGO), 80)
