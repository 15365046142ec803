"""Prints a view: header, warnings, sheets and legend, for any width and height.

Rules of this file: it draws what the view says and decides nothing but room. NO_COLOR is heard by rich.
Where the output is no terminal nothing is cut and no column left out: a program or a file reads it.
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from rich.console import Console, Group
from rich.text import Text

from vacnet.console.cell_text import broken, finished, text_of, wrapped
from vacnet.console.layout import UNBOUNDED
from vacnet.console.model import Cell, View
from vacnet.console.sheets import sheet_lines

BETWEEN_FACTS = "   "
LOG_LINES_MAX = 3
"""Of one event on a terminal; `--full` shows the rest."""
LOG_INDENT = "    "
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
    """Return whether the stream's encoding can carry our signs, and the locale lets it.

    Python writes UTF-8 in the C locale too (PEP 538, PEP 540); who names that locale asks for ASCII.
    """
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    named = (os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    return encoding.startswith("utf") and next(filter(None, named), "") not in {"C", "POSIX"}


def print_view(view: View, console: Console, *, ascii_signs: bool = False) -> None:
    """Print a view once: as wide as the terminal, or uncut where there is none."""
    width = console.width if console.is_terminal else UNBOUNDED
    for line in draw(view, width, ascii_signs=ascii_signs or not knows_unicode(console.file)):
        console.print(line)


def print_line(cell: Cell, console: Console, *, ascii_signs: bool = False, full: bool = False) -> None:
    """Print one cell as a line of a log: on a terminal in a few lines unless `full`, elsewhere as it is."""
    ascii_signs = ascii_signs or not knows_unicode(console.file)
    width = console.width if console.is_terminal else UNBOUNDED
    for line in line_of_log(cell, width, full=full):
        console.print(finished(line, ascii_signs=ascii_signs))


def line_of_log(cell: Cell, width: int, *, full: bool = False) -> list[Text]:
    """Return a line of a log at a width: broken between words, with what follows set in."""
    text = text_of(cell)
    room = max(1, width - len(LOG_INDENT))
    if text.cell_len <= width:
        return [text]
    first, *_ = broken(text, width)
    rest = text[len(first.plain) :]
    below = broken(Text(rest.plain.lstrip()), room, 0 if full else LOG_LINES_MAX - 1)
    return [first, *(Text(LOG_INDENT) + line for line in below)]


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
    return [finished(line, ascii_signs=ascii_signs) for line in lines]


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
        [line for warning in view.warnings for line in wrapped(warning, width, "")],
        *(list(sheet_lines(sheet, width, room.rows)) for sheet in view.sheets),
        list(_flowing(view.legend, width)) if room.legend else [],
    ]
    filled = [block for block in blocks if block]
    blank = [Text()] if room.blanks else []
    return [line for index, block in enumerate(filled) for line in (blank if index else []) + block]


def _flowing(facts: tuple[Cell, ...], width: int) -> Iterator[Text]:
    """Set facts side by side, as many on a line as fit whole; one that fits on none is broken."""
    line = Text()
    for fact in facts:
        text = text_of(fact)
        if line and line.cell_len + len(BETWEEN_FACTS) + text.cell_len > width:
            yield line
            line = Text()
        line = line + Text(BETWEEN_FACTS) + text if line else text
        *whole, line = broken(line, width) if line.cell_len > width else [line]
        yield from whole
    if line:
        yield line
