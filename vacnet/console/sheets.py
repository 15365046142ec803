"""A sheet as lines: titles, rows, the words below them, and what is left out.

Rules of this file: the layout says which columns stand and how wide; here they are filled. A stale row
is dimmed as a whole, but for what is there to alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.text import Text

from vacnet.console.cell_text import STYLES, bar_text, broken, padded, text_of, wrapped
from vacnet.console.layout import Placed, choose_rows, place
from vacnet.console.model import EMPTY, Cell, Column, Row, Sheet, Span, Tone

STALE_STYLE = "dim"
INDENT = "  "


def sheet_lines(sheet: Sheet, width: int, count: int | None) -> Iterator[Text]:
    """Yield the lines of a sheet with at most `count` rows (None: all)."""
    placed = place(sheet, width)
    yield title_line(placed)
    if not sheet.rows:
        yield from wrapped(Cell((Span(sheet.empty),)), width, INDENT)
    shown = choose_rows(sheet.rows, len(sheet.rows) if count is None else count)
    for row in shown.rows:
        yield from _row_lines(row, placed, width)
    if shown.left_out:
        yield Text(f"{INDENT}{shown.left_out}", style=STALE_STYLE)


def title_line(placed: Placed) -> Text:
    """Return the titles of the columns that stand."""
    return _joined(
        _title(column, room, first=not index) for index, (column, room) in enumerate(placed.columns)
    )


def row_line(row: Row, placed: Placed) -> Text:
    """Return one row in one line, whatever has to be cut; what stands below it is not in it."""
    cells = ((row.cells.get(column.key, EMPTY), room, column) for column, room in placed.columns)
    return _aged(_joined(_one_line(*cell) for cell in cells), row)


def below_line(row: Row, placed: Placed) -> Text:
    """Return what stands below a row, in one line; empty: nothing does."""
    told = (text_of(_named(row.cells.get(column.key, EMPTY), column)) for column in placed.below)
    return _aged(Text(INDENT) + Text("   ").join(text for text in told if text), row)


def _one_line(cell: Cell, room: int, column: Column) -> Text:
    text = bar_text(cell.bar, room) if cell.bar is not None else text_of(cell)
    return padded(text, room, column)


def _title(column: Column, room: int, *, first: bool) -> Text:
    style = STYLES[Tone.STRONG] if first else STYLES[Tone.FAINT]
    title = column.title if cell_len(column.title) <= room else column.short or column.title
    return padded(Text(title, style=style), room, column)


def _row_lines(row: Row, placed: Placed, width: int) -> Iterator[Text]:
    """Yield the lines of one row: further ones where its words wrap, or stand below it."""
    parts = [_cell_lines(row.cells.get(column.key, EMPTY), room, column) for column, room in placed.columns]
    for index in range(max(len(lines) for lines in parts)):
        cells = (
            padded(lines[index] if index < len(lines) else Text(), room, column)
            for lines, (column, room) in zip(parts, placed.columns, strict=True)
        )
        yield _aged(_joined(cells), row)
    for column in placed.below:
        for line in wrapped(
            _named(row.cells.get(column.key, EMPTY), column), width, INDENT + INDENT, column.lines_max
        ):
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
        return [bar_text(cell.bar, room)]
    text = text_of(cell)
    return list(broken(text, room, column.lines_max)) if column.below and text.cell_len > room else [text]


def _joined(cells: Iterable[Text]) -> Text:
    return Text("  ").join(cells)
