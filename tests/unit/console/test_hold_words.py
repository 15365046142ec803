"""What is said after an order to hold a target, or to let go of it."""

from __future__ import annotations

from msgspec.structs import replace

from vacnet.console.hold_words import told
from vacnet.factory.client import HoldState

HELD = HoldState(
    factory="f1",
    time=1.0,
    target="atlas",
    here="held on this host since 11:40: bad \x1b[2J image (andrew)",
    space="",
    before="",
    changed=True,
)


def test_what_holds_it_is_said_whole_and_clean() -> None:
    assert told(HELD).startswith("atlas: held on this host since 11:40: bad ")
    assert "\x1b" not in told(HELD)
    assert told(replace(HELD, space="held in the whole space")).endswith(
        "atlas: held in the whole space; until `vacnet target release atlas --space`"
    )


def test_what_was_ended_is_said() -> None:
    said = told(replace(HELD, here="", before="held since 11:40"))
    assert "let go of" in said
    assert "f1 makes machines of it again" in said
    assert said.endswith("before: held since 11:40")


def test_a_hold_of_the_whole_space_is_let_go_of_for_all() -> None:
    said = told(replace(HELD, here="", before="held by ada", in_space=True))
    assert "all factories make machines of it again" in said


def test_where_nothing_held_it_nothing_has_changed() -> None:
    none = replace(HELD, here="", changed=False)
    assert told(none) == "atlas was not held on this host; nothing has changed"
    assert told(replace(none, in_space=True)) == "atlas was not held in the whole space; nothing has changed"


def test_who_lets_go_of_it_at_the_wrong_place_is_told_what_holds_it() -> None:
    here, space = told(replace(HELD, changed=False, here="", space="held in the whole space")).splitlines()
    assert here == "atlas was not held on this host; nothing has changed"
    assert space.endswith("until `vacnet target release atlas --space`")
