"""Room kept for a large target: patience, turn, room, and back to nothing when it is not wanted any more."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from vacnet.agent.keeping import Call, Keeping
from vacnet.decide.reservations import (
    FAR_SECONDS,
    MARGIN_SECONDS,
    PATIENCE_SECONDS,
    REST_SECONDS,
    stays,
)
from vacnet.decide.standing import RESERVATION_SECONDS_MAX
from vacnet.decide.tickets import TAIL_SECONDS
from vacnet.space.window import never_tried
from vacnet.targets.model import Target

TARGET = Target(name="large", target_share=1.0, min_processors=8, max_processors=16)
CALL = Call(window=never_tried(0.0), allowed=1, holders=(), able=False, factories=3)
SOON = PATIENCE_SECONDS + FAR_SECONDS + TAIL_SECONDS
"""By then whoever is starved keeps room."""
BEFORE = next(f"f{n}" for n in range(50) if not stays("large", CALL.window, "me", [f"f{n}"], 1))
BEHIND = next(f"f{n}" for n in range(50) if stays("large", CALL.window, "me", [f"f{n}"], 1))


def _review(keeping: Keeping, now: float, call: Call = CALL, room_in: float | None = 300.0) -> int:
    keeping.review(call, lambda: room_in, now, Random(0))
    return keeping.processors


def _kept(call: Call = CALL, room_in: float | None = 300.0) -> Keeping:
    keeping = Keeping(TARGET, "me")
    _review(keeping, 0.0, call, room_in)
    _review(keeping, SOON, call, room_in)
    return keeping


def test_a_starved_target_gets_the_room_of_its_smallest_machine_after_a_while() -> None:
    keeping = Keeping(TARGET, "me")
    assert _review(keeping, 0.0) == 0
    assert PATIENCE_SECONDS < keeping.due < SOON
    assert keeping.next_change(0.0) == keeping.due
    assert _review(keeping, keeping.due - 0.1) == 0
    assert _review(keeping, keeping.due) == 8
    assert keeping.next_change(SOON) == keeping.until


def test_it_is_kept_until_all_that_runs_has_to_be_gone_and_then_others_have_their_turn() -> None:
    keeping = _kept()
    assert keeping.until == SOON + 300.0 + MARGIN_SECONDS
    assert _review(keeping, keeping.until) == 0
    assert _review(keeping, SOON + 400.0 + SOON) == 0
    assert keeping.next_change(SOON + 400.0) == SOON + 300.0 + MARGIN_SECONDS + REST_SECONDS
    again = keeping.next_change(SOON + 400.0)
    _review(keeping, again)
    assert _review(keeping, again + SOON) == 8


def test_where_nobody_knows_when_machines_end_it_is_a_day() -> None:
    assert _kept(room_in=float("inf")).until == SOON + RESERVATION_SECONDS_MAX


@pytest.mark.parametrize(
    ("call", "room_in"),
    [
        (replace(CALL, allowed=0), 300.0),
        (replace(CALL, able=True), 300.0),
        (replace(CALL, holders=(BEHIND,)), 300.0),
        (CALL, None),
    ],
    ids=["nothing is lacking", "somebody could start one", "enough others do", "it never fits"],
)
def test_there_is_none_where(call: Call, room_in: float | None) -> None:
    assert _kept(call, room_in).processors == 0


def test_when_somebody_else_has_started_it_patience_begins_anew() -> None:
    keeping = _kept()
    assert _review(keeping, SOON + 1, replace(CALL, allowed=0)) == 0
    assert keeping.starved_since is None
    assert _review(keeping, SOON + 2) == 0


def test_of_two_that_began_together_the_smaller_lot_stays() -> None:
    assert _review(_kept(), SOON + 1, replace(CALL, holders=(BEHIND,))) == 8
    assert _review(_kept(), SOON + 1, replace(CALL, holders=(BEFORE,))) == 0


def test_when_the_other_one_is_gone_its_turn_comes_again() -> None:
    keeping = Keeping(TARGET, "me")
    _review(keeping, 0.0, replace(CALL, holders=(BEFORE,)))
    _review(keeping, 500.0)
    assert 500.0 < keeping.due < 500.0 + FAR_SECONDS + TAIL_SECONDS
