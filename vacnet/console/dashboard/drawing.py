"""The lines of one pane: its heading, the titles of its columns, and the rows that can be seen.

Rules of this file: text and no widget. Rows are one line each, or two where words that found no room beside
the rest have room below. Columns are as wide as what has been seen of them, so that they stand still while
one scrolls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rich.cells import set_cell_size
from rich.text import Text

from vacnet.console import glyphs
from vacnet.console.cell_text import STYLES
from vacnet.console.dashboard.geometry import HEADING_LINES
from vacnet.console.dashboard.kinds import Kind, Moment
from vacnet.console.dashboard.listing import Listing
from vacnet.console.layout import Placed, natural, place
from vacnet.console.model import Row, Sheet, Tone
from vacnet.console.sheets import below_line, row_line, title_line

CURSOR = "> "
NO_CURSOR = "  "


@dataclass(slots=True)
class Drawing:
    """Draws one kind of things; remembers how wide its columns were."""

    kind: Kind
    number: int
    """The key that goes to it."""
    _widths: dict[str, int] = field(default_factory=dict)
    _room: int = 0
    _below: bool = False
    """At the width of the last drawing some words stood below their row."""

    def lines(
        self, listing: Listing[Any], moment: Moment, width: int, height: int, *, chosen: bool, status: str
    ) -> list[Text]:
        """Return exactly `height` lines; `chosen`: the keys go to this pane."""
        rows_room = max(0, height - HEADING_LINES)
        seen = [self.kind.row_of(one, moment) for one in listing.window(rows_room)]
        two = 2 * len(listing.shown) <= rows_room
        placed = self._place(seen, width - len(NO_CURSOR), two=two)
        two = two and self._below
        body = self._body(seen, placed, listing, two=two, chosen=chosen)
        drawn = [
            self._heading(listing, width, status, chosen=chosen),
            Text(NO_CURSOR) + title_line(placed),
            *body,
        ]
        drawn += [Text(NO_CURSOR + self._empty(listing), style="dim")] if not seen else []
        return [*drawn, *(Text() for _ in range(height - len(drawn)))][:height]

    def has_below(self, width: int) -> bool:
        """Return whether at this width words of a row found no room beside the rest, as far as is known."""
        return self._below or self._room != width - len(NO_CURSOR)

    def row_at(self, line: int, listing: Listing[Any], height: int) -> int | None:
        """Return the place of the thing drawn in a line of the pane; None: there is none."""
        rows_room = max(1, height - HEADING_LINES)
        two = self._two(listing, rows_room)
        place_of = listing.top + (line - HEADING_LINES) // (2 if two else 1)
        return place_of if line >= HEADING_LINES and place_of < len(listing.shown) else None

    def _two(self, listing: Listing[Any], rows_room: int) -> bool:
        return self._below and 2 * len(listing.shown) <= rows_room

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
        self._below = bool(placed.below or cut_ones)
        if not two or not cut_ones:
            return placed
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
            yield line
            if two:
                yield Text(NO_CURSOR) + below_line(row, placed)

    def _heading(self, listing: Listing[Any], width: int, status: str, *, chosen: bool) -> Text:
        count = (
            f"{len(listing.shown)}" if not listing.filter else f"{len(listing.shown)} of {len(listing.all)}"
        )
        order = listing.orders[listing.order].name
        told = [
            count,
            *([f"by {order}{' reversed' if listing.reversed else ''}"] if len(listing.orders) > 1 else []),
        ]
        told += [f"/{listing.filter}"] if listing.filter else []
        told += [status] if status else []
        line = Text.assemble(
            (f" {self.number} {self.kind.title} ", "bold reverse" if chosen else "bold"),
            (" " + "  ".join(told) + " ", STYLES[Tone.FAINT]),
        )
        if line.cell_len > width:
            line.truncate(width)
        return line + Text(glyphs.RULE * (width - line.cell_len), style="dim")

    def _empty(self, listing: Listing[Any]) -> str:
        if listing.filter and listing.all:
            return f"Nothing of {len(listing.all)} has {listing.filter!r} in it; Esc drops the filter."
        return self.kind.empty


def cut(text: str, width: int) -> str:
    """Return a line cut to a width, with an ellipsis."""
    return text if len(text) <= width else set_cell_size(text, max(0, width - 1)) + glyphs.ELLIPSIS
