"""What is filtered, sorted and chosen: what somebody chose stays chosen, and is always in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vacnet.console.dashboard.listing import Listing, Order, matches


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    size: int


ORDERS: tuple[Order[Thing], ...] = (
    Order("name", lambda one: one.name),
    Order("size", lambda one: (-one.size, one.name)),
)
things = st.lists(
    st.builds(Thing, name=st.text("abc", min_size=1, max_size=3), size=st.integers(0, 9)),
    unique_by=lambda one: one.name,
    max_size=12,
)


def listing(*, follows: bool = False) -> Listing[Thing]:
    return Listing(orders=ORDERS, id_of=lambda one: one.name, text_of=lambda one: one.name, follows=follows)


class Chosen(RuleBasedStateMachine):
    """An admin who chooses, filters and sorts, while things come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.listing = listing()
        self.chosen = ""

    def _after(self, change: Callable[[], None]) -> None:
        before = self.chosen
        change()
        if before in {one.name for one in self.listing.shown}:
            assert self.listing.chosen is not None
            assert self.listing.chosen.name == before
        self.chosen = self.listing.chosen.name if self.listing.chosen else ""

    @rule(given=things)
    def put(self, given: list[Thing]) -> None:
        self._after(lambda: self.listing.put(given))

    @rule()
    def sort(self) -> None:
        self._after(self.listing.sort)

    @rule()
    def reverse(self) -> None:
        self._after(self.listing.reverse)

    @rule(words=st.text("abc!", max_size=2))
    def filter(self, words: str) -> None:
        meant = self.listing._meant
        self.listing.set_filter(words)
        shown = {one.name for one in self.listing.shown}
        for name in (meant, self.chosen):
            if name in shown:
                assert self.listing.chosen is not None
                assert self.listing.chosen.name == name
                break
        self.chosen = self.listing.chosen.name if self.listing.chosen else ""

    @precondition(lambda self: bool(self.listing.shown))
    @rule(by=st.integers(-20, 20))
    def move(self, by: int) -> None:
        self.listing.move(by)
        assert self.listing.chosen is not None
        self.chosen = self.listing.chosen.name

    @rule(rows=st.integers(-1, 9))
    def look(self, rows: int) -> None:
        window = self.listing.window(rows)
        assert len(window) <= max(1, rows)
        assert self.listing.chosen is None or self.listing.chosen in window
        assert window == self.listing.shown[self.listing.top : self.listing.top + len(window)]
        assert len(window) == min(max(1, rows), len(self.listing.shown)), "no line is left empty"

    @invariant()
    def what_is_shown_is_what_passes_in_its_order(self) -> None:
        passed = [one for one in self.listing.all if matches(one.name, self.listing.filter)]
        assert set(self.listing.shown) == set(passed)
        assert (self.listing.chosen is None) == (not passed)


TestChosen = Chosen.TestCase
TestChosen.settings = settings(max_examples=40, stateful_step_count=20)


@given(things, st.text("abc", min_size=1, max_size=2))
def test_a_filter_typed_and_dropped_changes_nothing(given: list[Thing], words: str) -> None:
    one = listing()
    one.put(given)
    one.move(len(given) // 2)
    before = one.chosen
    for end in range(len(words) + 1):
        one.set_filter(words[:end])
    one.set_filter("")
    assert one.chosen == before


@pytest.mark.parametrize("reverse", [False, True])
@given(things.filter(bool), things.filter(bool))
def test_what_follows_goes_with_the_newest_until_another_is_chosen(
    reverse: bool,  # noqa: FBT001 (a parameter of the test)
    first: list[Thing],
    second: list[Thing],
) -> None:
    one = listing(follows=True)
    if reverse:
        one.reverse()
    for given_now in (first, second):
        one.put(given_now)
        assert one.chosen == max(given_now, key=lambda thing: thing.name)
    one.move(1 if reverse else -1)
    chosen = one.chosen
    one.put([*second, Thing("zz", 1)])
    assert one.chosen == (chosen if len(second) > 1 else Thing("zz", 1))


def test_where_the_chosen_one_goes_the_one_in_its_place_is_chosen() -> None:
    one = listing()
    one.put([Thing(name, 0) for name in "abcd"])
    one.choose(1)
    one.put([Thing(name, 0) for name in "acd"])
    assert one.chosen == Thing("c", 0)
    one.put([Thing("a", 0)])
    assert one.chosen == Thing("a", 0)


def test_the_very_same_things_are_not_sorted_again() -> None:
    asked: list[Thing] = []

    def name_of(one: Thing) -> str:
        asked.append(one)
        return one.name

    order: Order[Thing] = Order("name", name_of)
    one: Listing[Thing] = Listing(orders=(order,), id_of=lambda thing: thing.name, text_of=str)
    given_now = (Thing("a", 1), Thing("b", 1))
    one.put(given_now)
    one.put(given_now)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("text", "words", "passes"),
    [
        ("lhcb-prod open", "", True),
        ("lhcb-prod open", "LHCB", True),
        ("lhcb-prod open", "open lhcb", True),
        ("lhcb-prod open", "!open", False),
        ("lhcb-prod open", "lhcb !probing", True),
        ("! a warning", "!", True),
        ("no warning", "!", False),
    ],
)
def test_words_have_to_stand_there_and_words_after_a_sign_must_not(
    text: str,
    words: str,
    passes: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    assert matches(text, words) is passes
