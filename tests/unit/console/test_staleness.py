from __future__ import annotations

from tests.unit.console import scenes
from tests.unit.console.drawn import drawn
from vacnet.console.factory_cells import row_of
from vacnet.console.machines_view import machines_view
from vacnet.console.peers_view import peers_view
from vacnet.console.space_view import space_view
from vacnet.console.target_cells import OUTCOMES


def test_a_fresh_answer_bears_no_warning() -> None:
    assert space_view(scenes.HEALTHY, scenes.NOW + 1).warnings == ()


def test_an_old_answer_says_how_old_it_is() -> None:
    assert "has not answered for 2m05s" in space_view(scenes.HEALTHY, scenes.NOW + 125).warnings[0].text
    assert (
        "has not answered for 2m05s"
        in machines_view(scenes.MACHINES["working"], scenes.NOW + 125).warnings[0].text
    )
    assert (
        "has not answered for 2m05s"
        in peers_view(scenes.PEERS["one-silent"], scenes.NOW + 125).warnings[0].text
    )


def test_in_an_old_answer_what_was_heard_is_older_by_as_much() -> None:
    assert row_of(scenes.VAC02, 100.0).cells["heard"].text == "1m40s"


def test_a_clock_that_went_back_makes_nothing_old() -> None:
    assert space_view(scenes.HEALTHY, scenes.NOW - 3600).warnings == ()


def test_numbers_of_a_silent_factory_are_marked_as_the_last_heard() -> None:
    row = row_of(scenes.SILENT_04, 0.0)
    assert row.stale
    assert (row.cells["processors"].text, row.cells["running"].text) == ("?/16", "16?")
    assert row.cells["bar"].bar is None


def test_sums_of_the_header_count_live_factories_alone() -> None:
    header = drawn(space_view(scenes.ONE_SILENT, scenes.NOW), 160).splitlines()[0]
    assert "34/48 processors" in header
    assert "16?" in header


def test_every_kind_of_outcome_has_a_sign_of_its_own() -> None:
    assert len({sign.glyph for sign in OUTCOMES.values()}) == len(OUTCOMES)


def test_every_state_of_a_factory_can_be_told_without_colours() -> None:
    factories = (scenes.VAC02, scenes.SILENT_04, scenes.DRAINING_02)
    told = {
        (row_of(factory, 0.0).cells["name"].text[0], row_of(factory, 0.0).cells["note"].text)
        for factory in factories
    }
    assert len(told) == 3
