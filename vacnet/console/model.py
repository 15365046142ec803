"""What a view is made of: cells with finished words, rows, columns, sheets, and a header of facts.

Rules of this file: values only, frozen, and complete: whoever draws them (the tables here, a full
screen) adds no word and makes no choice but what to leave out for lack of room, and the columns say
in which order they may go. A meaning is always in a glyph or a word; the tone only repeats it, so
that a picture without colours says the same. A row that is no longer fresh says so itself (`stale`).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Tone(enum.StrEnum):
    """What a piece of text is worth to the eye; the drawer chooses the colours."""

    PLAIN = "plain"
    STRONG = "strong"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    FAINT = "faint"
    BAR = "bar"


@dataclass(frozen=True, slots=True)
class Span:
    """Words of one tone."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of one, drawn as long as its column is wide, with an optional mark (what is due)."""

    part: float
    mark: float | None = None
    tone: Tone = Tone.BAR


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column of a row: words, or one bar."""

    spans: tuple[Span, ...] = ()
    bar: Bar | None = None

    @property
    def text(self) -> str:
        """Return its words without tones; a bar has none."""
        return "".join(span.text for span in self.spans)

    def __bool__(self) -> bool:
        """Return whether there is anything to see."""
        return bool(self.text) or self.bar is not None


EMPTY = Cell()


def say(text: object, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a cell of one tone."""
    return Cell((Span(str(text), tone),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column and how it gives way when the terminal is narrow."""

    key: str
    title: str = ""
    short: str = ""
    """Its title where it is cut to less than that; empty: it is never cut to less."""
    leaves: int = 0
    """0: it stays; else the higher the number, the earlier it is left out."""
    below: bool = False
    """It does not leave but moves to a line of its own below the row."""
    named_below: bool = False
    """There its title stands before it, for its words alone would not say what they are."""
    lines_max: int = 0
    """Of words that wrap: what is longer ends with an ellipsis; 0: as many lines as they take."""
    whole: bool = False
    """It is never cut: it is what the next command is given."""
    right: bool = False
    """Numbers are set right."""
    width: int = 0
    """Of a bar, or of a column that wraps: the least it can do with; 0: as wide as its cells."""
    width_wide: int = 0
    """Of a bar where there is room."""
    newest_right: bool = False
    """When cut, the end stays and the beginning goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing: its cells by column key."""

    cells: Mapping[str, Cell]
    mood: str = ""
    """One word that sums it up, for the line that counts rows left out."""
    notable: bool = False
    """It is left out last when there are more rows than lines."""
    stale: bool = False
    """What stands in it is no longer known to be true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table: the title of its first column is its own."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = ""
    """What to say, and to do, when there are no rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything one command or screen shows."""

    facts: tuple[Cell, ...] = ()
    """The header; each stays whole when the line is too short for all."""
    warnings: tuple[Cell, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    legend: tuple[Cell, ...] = ()
