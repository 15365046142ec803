"""Cells as text in colours: tones to styles, bars to blocks, cutting, breaking, and ASCII where needed.

Rules of this file: colours are the sixteen of the terminal's own palette, so they suit a light and a
dark one; a warning keeps its colour where everything round it is dimmed for being stale. Widths are
counted in cells of the terminal: a sign of East Asia takes two.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from vacnet.console import glyphs
from vacnet.console.model import Bar, Cell, Column, Tone

STYLES: dict[Tone, str] = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.GOOD: "green",
    Tone.WARN: "not dim bold yellow",
    Tone.BAD: "not dim bold red",
    Tone.FAINT: "dim",
    Tone.BAR: "cyan",
}


def text_of(cell: Cell) -> Text:
    """Return the words of a cell in their tones."""
    return Text.assemble(*((span.text, STYLES[span.tone]) for span in cell.spans))


def bar_text(bar: Bar, room: int) -> Text:
    """Return a bar of `room` cells; its mark stands out."""
    drawn = Text(glyphs.draw_bar(bar, room), style=STYLES[bar.tone])
    drawn.highlight_regex(glyphs.MARK, "not dim bold default")
    return drawn


def padded(text: Text, room: int, column: Column) -> Text:
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


def wrapped(cell: Cell, width: int, indent: str, lines_max: int = 0) -> Iterator[Text]:
    """Yield the words of a cell, if it has any, in indented lines."""
    if cell:
        for line in broken(text_of(cell), max(1, width - cell_len(indent)), lines_max):
            yield Text(indent) + line


def broken(text: Text, room: int, lines_max: int = 0) -> Iterator[Text]:
    """Yield a line broken between words, each in its tone; at most `lines_max` lines if that is not 0."""
    lines = list(text.wrap(_wrapper(), room))
    if 0 < lines_max < len(lines):
        last = lines[lines_max - 1]
        last.rstrip()
        last = last + Text(glyphs.ELLIPSIS)
        lines = [*lines[: lines_max - 1], padded(last, min(room, last.cell_len), Column(key=""))]
    yield from lines


@functools.cache
def _wrapper() -> Console:
    """Return a console for rich to wrap by; its own width does not matter."""
    return Console(file=io.StringIO())


def finished(line: Text, *, ascii_signs: bool) -> Text:
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
