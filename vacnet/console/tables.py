"""Prints a view: header, warnings, sheets and legend as lines of text in colours, for any width.

Rules of this file: it draws what the view says and decides nothing but room. Colours are the sixteen
of the terminal's own palette, so they suit a light and a dark one; NO_COLOR is heard by rich. Where
the output is no terminal nothing is cut and no column left out: a program or a file reads it.
"""

from __future__ import annotations

import functools
import io
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.text import Text

from vacnet.console import glyphs
from vacnet.console.layout import UNBOUNDED, Placed, choose_rows, place
from vacnet.console.model import EMPTY, Bar, Cell, Column, Row, Sheet, Span, Tone, View

STYLES: dict[Tone, str] = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.GOOD: "green",
    Tone.WARN: "not dim bold yellow",
    Tone.BAD: "not dim bold red",
    Tone.FAINT: "dim",
    Tone.BAR: "cyan",
}
STALE_STYLE = "dim"
INDENT = "  "
BETWEEN_FACTS = "   "
LEAST_ROWS = 2
"""Of a sheet that gives way to others for lack of lines."""


class _Console(Console):
    """A console that leaves it to the command what a reader's going away means."""

    def on_broken_pipe(self) -> None:
        """Pass the error on, where rich would end the process as failed."""
        raise BrokenPipeError


def console_for(stream: IO[str] | None = None, *, width: int | None = None) -> Console:
    """Return a console on a stream (None: stdout) that neither highlights nor wraps by itself."""
    return _Console(file=stream or sys.stdout, width=width, highlight=False, soft_wrap=True, emoji=False)


def knows_unicode(stream: IO[str]) -> bool:
    """Return whether the stream's encoding can carry our signs."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def print_view(view: View, console: Console, *, ascii_signs: bool = False) -> None:
    """Print a view once: as wide as the terminal, or uncut where there is none."""
    width = console.width if console.is_terminal else UNBOUNDED
    for line in draw(view, width, ascii_signs=ascii_signs or not knows_unicode(console.file)):
        console.print(line)


def print_line(cell: Cell, console: Console, *, ascii_signs: bool = False) -> None:
    """Print one cell as a line of a log, never cut."""
    ascii_signs = ascii_signs or not knows_unicode(console.file)
    console.print(_finished(_text(cell), ascii_signs=ascii_signs))


def screen(view: View, console: Console, *, ascii_signs: bool = False) -> Group:
    """Return what fills at most one screen of the console, for a live display."""
    ascii_signs = ascii_signs or not knows_unicode(console.file)
    lines = draw(view, console.width, height=console.height, ascii_signs=ascii_signs)
    return Group(*lines)


def draw(view: View, width: int, *, height: int | None = None, ascii_signs: bool = False) -> list[Text]:
    """Return the lines of a view; with a height, what matters least goes until they fit.

    First the blank lines between blocks, then the legend, then rows, which are counted.
    """
    lines = _lines(view, width) if height is None else _fitting(view, width, height)
    for line in lines:
        line.truncate(width)
    return [_finished(line, ascii_signs=ascii_signs) for line in lines]


def _fitting(view: View, width: int, height: int) -> list[Text]:
    longest = max((len(sheet.rows) for sheet in view.sheets), default=0)
    for room in (_WHOLE, _DENSE, _BARE) if longest < height else ():
        lines = _lines(view, width, room)
        if len(lines) <= height:
            return lines
    counts = range(LEAST_ROWS, height)
    fitting = bisect_right(counts, height, key=lambda rows: len(_lines(view, width, _few(rows))))
    return _lines(view, width, _few(LEAST_ROWS + max(0, fitting - 1)))[:height]


@dataclass(frozen=True, slots=True)
class _Room:
    """What of a view is drawn when lines are short."""

    blanks: bool = True
    legend: bool = True
    rows: int | None = None
    """At most so many of each sheet; None: all."""


_WHOLE = _Room()
_DENSE = _Room(blanks=False)
_BARE = _Room(blanks=False, legend=False)


def _few(rows: int) -> _Room:
    return _Room(blanks=False, legend=False, rows=rows)


def _lines(view: View, width: int, room: _Room = _WHOLE) -> list[Text]:
    blocks = [
        list(_flowing(view.facts, width)),
        [line for warning in view.warnings for line in _wrapped(warning, width, "")],
        *(list(_sheet_lines(sheet, width, room.rows)) for sheet in view.sheets),
        list(_flowing(view.legend, width)) if room.legend else [],
    ]
    filled = [block for block in blocks if block]
    blank = [Text()] if room.blanks else []
    return [line for index, block in enumerate(filled) for line in (blank if index else []) + block]


def _flowing(facts: tuple[Cell, ...], width: int) -> Iterator[Text]:
    """Set facts side by side, as many on a line as fit whole."""
    line = Text()
    for fact in facts:
        text = _text(fact)
        if line and line.cell_len + len(BETWEEN_FACTS) + text.cell_len > width:
            yield line
            line = Text()
        line = line + Text(BETWEEN_FACTS) + text if line else text
    if line:
        yield line


def _sheet_lines(sheet: Sheet, width: int, count: int | None) -> Iterator[Text]:
    placed = place(sheet, width)
    yield _joined(
        _title(column, room, first=not index) for index, (column, room) in enumerate(placed.columns)
    )
    if not sheet.rows:
        yield from _wrapped(Cell((Span(sheet.empty),)), width, INDENT)
    shown = choose_rows(sheet.rows, len(sheet.rows) if count is None else count)
    for row in shown.rows:
        yield from _row_lines(row, placed, width)
    if shown.left_out:
        yield Text(f"{INDENT}{shown.left_out}", style=STALE_STYLE)


def _title(column: Column, room: int, *, first: bool) -> Text:
    style = STYLES[Tone.STRONG] if first else STYLES[Tone.FAINT]
    return _padded(Text(column.title, style=style), room, column)


def _row_lines(row: Row, placed: Placed, width: int) -> Iterator[Text]:
    """Yield the lines of one row: further ones where its words wrap, or stand below it."""
    parts = [_cell_lines(row.cells.get(column.key, EMPTY), room, column) for column, room in placed.columns]
    for index in range(max(len(lines) for lines in parts)):
        cells = (
            _padded(lines[index] if index < len(lines) else Text(), room, column)
            for lines, (column, room) in zip(parts, placed.columns, strict=True)
        )
        yield _aged(_joined(cells), row)
    for column in placed.below:
        for line in _wrapped(_named(row.cells.get(column.key, EMPTY), column), width, INDENT + INDENT):
            yield _aged(line, row)


def _named(cell: Cell, column: Column) -> Cell:
    return Cell((Span(f"{column.title}: "), *cell.spans)) if cell and column.named_below else cell


def _aged(line: Text, row: Row) -> Text:
    """Dim a stale row, but for what is there to alarm."""
    if row.stale:
        line.stylize_before(STALE_STYLE)
        line.spans = [span for span in line.spans if span.style != STYLES[Tone.STRONG]]
    return line


def _cell_lines(cell: Cell, room: int, column: Column) -> list[Text]:
    if cell.bar is not None:
        return [_bar(cell.bar, room)]
    text = _text(cell)
    return list(_broken(text, room)) if column.below and text.cell_len > room else [text]


def _text(cell: Cell) -> Text:
    return Text.assemble(*((span.text, STYLES[span.tone]) for span in cell.spans))


def _bar(bar: Bar, room: int) -> Text:
    drawn = Text(glyphs.draw_bar(bar, room), style=STYLES[bar.tone])
    drawn.highlight_regex(glyphs.MARK, "not dim bold default")
    return drawn


def _joined(cells: Iterable[Text]) -> Text:
    return Text("  ").join(cells)


def _padded(text: Text, room: int, column: Column) -> Text:
    """Return the text at exactly `room` cells, with an ellipsis where it had to be cut."""
    if text.cell_len > room:
        return _shortened(text, room, newest_right=column.newest_right)
    missing = " " * (room - text.cell_len)
    return Text(missing) + text if column.right or column.newest_right else text + Text(missing)


def _shortened(text: Text, room: int, *, newest_right: bool) -> Text:
    if newest_right:
        return text[-room:]
    kept = text.copy()
    kept.plain = set_cell_size(text.plain, room - 1) + glyphs.ELLIPSIS
    return kept


def _wrapped(cell: Cell, width: int, indent: str) -> Iterator[Text]:
    if cell:
        for line in _broken(_text(cell), max(1, width - cell_len(indent))):
            yield Text(indent) + line


def _broken(text: Text, room: int) -> Iterator[Text]:
    """Break a line between words, keeping the tone of each."""
    yield from text.wrap(_wrapper(), room)


@functools.cache
def _wrapper() -> Console:
    """Return a console for rich to wrap by; its own width does not matter."""
    return Console(file=io.StringIO())


def _finished(line: Text, *, ascii_signs: bool) -> Text:
    """Return the line without blanks at its end, in ASCII where nothing else can be shown."""
    line.rstrip()
    if ascii_signs and not line.plain.isascii():
        return _in_ascii(line)
    return line


def _in_ascii(line: Text) -> Text:
    spans = [(line.plain[index], style) for index, style in enumerate(_styles(line))]
    return Text.assemble(*((glyphs.ascii_only(sign), style) for sign, style in spans))


def _styles(line: Text) -> list[str]:
    styles = [str(line.style)] * len(line.plain)
    for span in line.spans:
        for index in range(span.start, span.end):
            styles[index] = f"{styles[index]} {span.style}".strip()
    return styles
