"""What is said of a drain: what is left, until when, and what nobody can know."""

from __future__ import annotations

import re

import msgspec
import pytest

from tests.unit.console.scenes import NOW
from vacnet.console import drain_words
from vacnet.factory.client import DrainState

NOTHING = DrainState(
    factory="vac01",
    time=NOW,
    draining=True,
    words="draining since 11:40: new DIMMs (andrew); until `vacnet undrain`",
    reason="new DIMMs",
    who="andrew",
    since=NOW,
    by=None,
    now=False,
    until_reboot=False,
    in_settings="",
    before="",
    left=(),
    last_deadline=None,
    unknown="",
)
AWAY = "docker: connection refused"


def _state(**changes: object) -> DrainState:
    return msgspec.structs.replace(NOTHING, **changes)


@pytest.mark.parametrize(
    ("state", "over"),
    [(_state(), True), (_state(left=("m",)), False), (_state(unknown=AWAY), False)],
)
def test_it_is_over_only_when_nothing_is_left_and_every_engine_has_answered(
    state: DrainState, *, over: bool
) -> None:
    assert drain_words.is_over(state) is over


def test_few_are_named_and_many_counted() -> None:
    assert drain_words.left(_state(left=("a", "b"))) == "2 machines left (a, b)"
    assert drain_words.left(_state(left=tuple("abcd"))) == "4 machines left"


def test_the_last_deadline_is_told_with_its_date_if_it_is_another_days() -> None:
    assert drain_words.left(_state(left=tuple("abcd"), last_deadline=NOW)).startswith(
        "4 machines left, the last until "
    )
    assert ", the last until 2026-12-0" in drain_words.left(
        _state(left=("a",), last_deadline=NOW + 9 * 86400)
    )


def test_what_nobody_can_know_is_not_told_as_nothing() -> None:
    told = drain_words.left(_state(unknown=f"{AWAY}\x1b[2J"))
    assert told.startswith(
        f"not known whether anything runs: {AWAY}\\x1b[2J; the drain is over when that engine"
    )


def test_a_drain_that_replaces_another_says_so() -> None:
    told = drain_words.drained(_state(before="draining since 09:00: kernel (bob)"))
    assert told.splitlines()[1] == "in place of: draining since 09:00: kernel (bob)"


def test_the_countdown_stands_last_behind_what_the_drain_replaces() -> None:
    lines = drain_words.drained(_state(left=("a",), before="draining since 10:00: fans (ann)")).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["vac01", "in place of", "1 machine left (a)"]


def test_a_deadline_that_is_near_is_told_to_the_second() -> None:
    assert re.search(r"until \d\d:\d\d:\d\d$", drain_words.left(_state(left=("a",), last_deadline=NOW + 20)))
    assert re.search(r"until \d\d:\d\d$", drain_words.left(_state(left=("a",), last_deadline=NOW + 900)))
