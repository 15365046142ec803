"""The lines of one pane: its heading, the titles of its columns, and the rows that can be seen.

Rules of this file: text and no widget. A row is one line; words that found no room beside the rest stand in
a second one, if all rows with their words have room. Columns are as wide as what has been seen of them, so
that they stand still while one scrolls. No line is wider than the pane, and nothing acts on a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from vacnet.console import glyphs, words
from vacnet.console.cell_text import STYLES, broken
from vacnet.console.dashboard.geometry import HEADING_LINES
from vacnet.console.dashboard.kinds import Kind, Moment
from vacnet.console.dashboard.listing import Listing
from vacnet.console.layout import Placed, natural, place
from vacnet.console.model import EMPTY, Row, Sheet, Tone
from vacnet.console.sheets import below_line, row_line, title_line

CURSOR = "> "
NO_CURSOR = "  "
STRIP_LEAST = 8
"""Outcomes of a strip that gives its room to words."""
MEASURED_ROWS_MAX = 100
"""Of more rows than this no screen has room for the words of all."""


@dataclass(slots=True)
class Drawing:
    """Draws one kind of things; remembers how wide its columns were."""

    kind: Kind
    number: int
    """The key that goes to it."""
    _widths: dict[str, int] = field(default_factory=dict)
    _room: int = 0
    _measured: tuple[Sequence[Any], int, int] = ((), 0, 0)
    """The things measured last, at which width, and how many lines they wanted: one sort, one measuring."""
    _places: list[int] = field(default_factory=list)
    """Of each line drawn below the titles: the place of its thing."""

    def lines(
        self,
        listing: Listing[Any],
        moment: Moment,
        width: int,
        height: int,
        *,
        chosen: bool,
        status: str = "",
        empty: str = "",
    ) -> list[Text]:
        """Return exactly `height` lines; `chosen`: the keys go to this pane.

        `status` is told in the heading; `empty` in place of the kind's own words where there is no thing.
        """
        rows_room = max(0, height - HEADING_LINES)
        room = max(0, width - len(NO_CURSOR))
        seen = [self.kind.row_of(one, moment) for one in listing.window(rows_room)]
        placed = self._place(seen, room, two=True)
        two = len(listing.shown) + _with_words(seen, placed) <= rows_room
        placed = placed if two else self._place(seen, room, two=False)
        self._places = []
        body = list(self._body(seen, placed, listing, two=two, chosen=chosen))
        heading = self._heading(listing, width, status, chosen=chosen)
        drawn = [heading, Text(NO_CURSOR) + title_line(placed), *body]
        if not seen:
            told = broken(Text(self._empty(listing, empty), style="dim"), max(1, room))
            drawn += [Text(NO_CURSOR) + line for line in told]
        for line in drawn:
            line.truncate(width)
        return [*drawn, *(Text() for _ in range(height - len(drawn)))][:height]

    def lines_wanted(self, things: Sequence[Any], moment: Moment, width: int) -> int:
        """Return how many lines their rows could fill, with the words that at this width stand below them."""
        count = len(things)
        if not count:
            return sum(1 for _ in broken(Text(self.kind.empty), max(1, width - len(NO_CURSOR))))
        if count > MEASURED_ROWS_MAX:
            return count
        if self._measured[0] is not things or self._measured[1] != width:
            rows = [self.kind.row_of(one, moment) for one in things]
            placed = self._place(rows, max(0, width - len(NO_CURSOR)), two=True)
            self._measured = things, width, count + _with_words(rows, placed)
        return self._measured[2]

    def row_at(self, line: int) -> int | None:
        """Return the place of the thing last drawn in a line of the pane; None: there is none."""
        below_titles = line - HEADING_LINES
        return self._places[below_titles] if 0 <= below_titles < len(self._places) else None

    def _place(self, rows: list[Row], width: int, *, two: bool) -> Placed:
        """Return the columns, none narrower than it was on a screen of this width.

        Words that would be cut beside the rest stand below it, where there are `two` lines for a row.
        """
        if width != self._room:
            self._widths, self._room = {}, width
        sheet = Sheet(columns=self.kind.columns, rows=tuple(rows))
        for column in sheet.columns:
            if not column.below and not column.width:
                self._widths[column.key] = max(self._widths.get(column.key, 0), natural(column, sheet))
        columns = tuple(replace(one, width=self._widths.get(one.key, one.width)) for one in sheet.columns)
        placed = place(replace(sheet, columns=columns), width)
        cut_ones = [one for one, room in placed.columns if one.below and natural(one, sheet) > room]
        if not cut_ones:
            return placed
        if not two:
            return _roomier(placed, sheet)
        beside = tuple(one for one in columns if one not in cut_ones)
        return replace(place(replace(sheet, columns=beside), width), below=(*placed.below, *cut_ones))

    def _body(
        self, rows: list[Row], placed: Placed, listing: Listing[Any], *, two: bool, chosen: bool
    ) -> Iterator[Text]:
        for place_of, row in enumerate(rows, listing.top):
            at = place_of == listing.at
            line = Text(CURSOR if at and chosen else NO_CURSOR) + row_line(row, placed)
            if at and chosen:
                line.stylize("bold")
                line.stylize("reverse", 0, len(CURSOR) + placed.columns[0][1])
            self._places.append(place_of)
            yield line
            if two and _has_words(row, placed):
                self._places.append(place_of)
                yield Text(NO_CURSOR) + below_line(row, placed)

    def _heading(self, listing: Listing[Any], width: int, status: str, *, chosen: bool) -> Text:
        count = self._count(listing)
        order = listing.orders[listing.order].name
        told = [
            count,
            *([f"by {order}{' reversed' if listing.reversed else ''}"] if len(listing.orders) > 1 else []),
        ]
        told += [words.clean(f"/{listing.filter}")] if listing.filter else []
        told += [words.clean(status)] if status else []
        line = Text.assemble(
            (f" {self.number} {self.kind.title} ", "bold reverse" if chosen else "bold"),
            (" " + "  ".join(told) + " ", STYLES[Tone.FAINT]),
        )
        if line.cell_len > width:
            line.truncate(width, overflow="ellipsis")
        return line + Text(glyphs.RULE * (width - line.cell_len), style="dim")

    def _count(self, listing: Listing[Any]) -> str:
        """Return how many things there are, and which of them can be seen if not all can."""
        shown, seen = len(listing.shown), len(set(self._places))
        count = f"{shown} of {len(listing.all)}" if listing.filter else f"{shown}"
        return count if seen >= shown else f"{listing.top + 1}-{listing.top + seen} of {count}"

    def _empty(self, listing: Listing[Any], empty: str) -> str:
        if listing.filter and listing.all:
            return f"Nothing of {len(listing.all)} has {listing.filter!r} in it; Esc drops the filter."
        return words.clean(empty or self.kind.empty)


def _roomier(placed: Placed, sheet: Sheet) -> Placed:
    """Give words that are cut the room of strips, whose oldest outcomes say least."""
    widths = {column.key: room for column, room in placed.columns}
    for words_of, room in placed.columns:
        if words_of.below:
            for strip, long in placed.columns:
                if strip.newest_right:
                    given = max(0, min(long - STRIP_LEAST, natural(words_of, sheet) - room))
                    widths[strip.key] -= given
                    widths[words_of.key] += given
    return replace(placed, columns=tuple((column, widths[column.key]) for column, _ in placed.columns))


def _has_words(row: Row, placed: Placed) -> bool:
    return any(row.cells.get(column.key, EMPTY) for column in placed.below)


def _with_words(rows: list[Row], placed: Placed) -> int:
    return sum(_has_words(row, placed) for row in rows)


def cut(text: str, width: int) -> str:
    """Return a line cut to a width, with an ellipsis."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + glyphs.ELLIPSIS if width > 0 else ""
