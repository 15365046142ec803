"""What of many things is shown, in which order, and which one is chosen: one pane's memory.

Rules of this file: no terminal. The chosen thing is known by its id, so that it stays chosen when others
come, go or are sorted anew; where it goes away itself, the one in its place is chosen. A filter is words:
each has to stand in the thing's text, `!word` must not; capitals do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Order(Generic[Thing]):
    """An order of things by what an admin would call it."""

    name: str
    of: Callable[[Thing], Any]
    """Something that can be compared."""


def matches(text: str, words: str) -> bool:
    """Tell whether a text passes a filter."""
    lower = text.lower()
    return all(_passes(lower, word) for word in words.lower().split())


def _passes(text: str, word: str) -> bool:
    return word[1:] not in text if len(word) > 1 and word[0] == "!" else word in text


@dataclass(slots=True, kw_only=True)
class Listing(Generic[Thing]):
    """Things, and what an admin made of them."""

    orders: tuple[Order[Thing], ...]
    id_of: Callable[[Thing], str]
    text_of: Callable[[Thing], str]
    follows: bool = False
    """The last is chosen until somebody chooses another: for what only grows at its end."""
    filter: str = ""
    order: int = 0
    reversed: bool = False
    top: int = 0
    all: Sequence[Thing] = ()
    shown: list[Thing] = field(default_factory=list)
    _chosen: str = ""
    _meant: str = ""
    """What somebody chose: while a filter leaves it out another stands in for it."""
    _at: int = 0
    _held: bool = False
    """Somebody chose, and not the newest."""

    def put(self, things: Sequence[Thing]) -> None:
        """Take things in place of those before; the very same again cost nothing."""
        if things is not self.all:
            self.all = things
            self._arrange()

    def set_filter(self, words: str) -> None:
        """Show only what passes."""
        self.filter = words
        self._arrange(self._meant)

    def sort(self, step: int = 1) -> None:
        """Take the next order."""
        self.order = (self.order + step) % len(self.orders)
        self.reversed = False
        self._arrange()

    def reverse(self) -> None:
        """Turn the order round."""
        self.reversed = not self.reversed
        self._arrange()

    @property
    def chosen(self) -> Thing | None:
        """Return the chosen thing; None: there is none."""
        return self.shown[self._at] if self.shown else None

    @property
    def at(self) -> int:
        """Return the place of the chosen thing."""
        return self._at

    def move(self, by: int) -> None:
        """Choose the one so many places on, or the last there is."""
        self.choose(self._at + by)

    def choose(self, place: int) -> None:
        """Choose the one at a place, or the nearest there is."""
        self._at = max(0, min(place, len(self.shown) - 1))
        self._chosen = self.id_of(self.shown[self._at]) if self.shown else ""
        self._meant = self._chosen
        self._held = self._at != self._newest

    def window(self, rows: int) -> list[Thing]:
        """Return what of it can be seen in so many rows, with the chosen one among them."""
        rows = max(1, rows)
        self.top = min(max(self.top, self._at - rows + 1), self._at)
        self.top = max(0, min(self.top, len(self.shown) - rows))
        return self.shown[self.top : self.top + rows]

    def _arrange(self, meant: str = "") -> None:
        """Filter and sort anew; `meant` is chosen if it is there, else what was."""
        order = self.orders[self.order]
        passed = (
            [one for one in self.all if matches(self.text_of(one), self.filter)] if self.filter else self.all
        )
        self.shown = sorted(passed, key=order.of, reverse=self.reversed)
        self._rechoose(meant)

    @property
    def _newest(self) -> int:
        return 0 if self.reversed else max(0, len(self.shown) - 1)

    def _place_of(self, thing_id: str) -> int | None:
        return next((n for n, one in enumerate(self.shown) if self.id_of(one) == thing_id), None)

    def _rechoose(self, meant: str) -> None:
        if not self.shown:  # what was chosen may come back: a filter is typed letter by letter
            self._at = 0
        elif self.follows and not self._held:
            self.choose(self._newest)
        else:
            place = self._place_of(meant) if meant else None
            place = self._place_of(self._chosen) if place is None else place
            self._at = min(self._at, len(self.shown) - 1) if place is None else place
            self._chosen = self.id_of(self.shown[self._at])
