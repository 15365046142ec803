"""The few signs of the tables, and their stand-ins where the terminal knows only ASCII.

Rules of this file: every sign outside ASCII that vacnet prints stands here once, with what it means
and its stand-in; circles are factories, squares are outcomes. The signs are of the oldest blocks of
Unicode, which the fonts of consoles have.
"""

from __future__ import annotations

from vacnet.console.model import Bar

OK = "\N{BLACK SQUARE}"
NOWORK = "\N{WHITE SQUARE}"
ERROR = "\N{MULTIPLICATION SIGN}"
NEUTRAL = "\N{MIDDLE DOT}"

LIVE = "\N{BLACK CIRCLE}"
DRAINING = "\N{CIRCLE WITH LEFT HALF BLACK}"
SILENT = "\N{WHITE CIRCLE}"

MARK = "\N{BOX DRAWINGS LIGHT VERTICAL}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
FULL = "\N{FULL BLOCK}"
EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"
"""Blocks that fill 0 to 7 eighths of a cell from the left."""

_HALF = 4
_STAND_INS = {
    OK: "o",
    NOWORK: "-",
    ERROR: "x",
    NEUTRAL: ".",
    LIVE: "*",
    DRAINING: "%",
    SILENT: "?",
    MARK: "|",
    ELLIPSIS: "~",
    FULL: "#",
    **{block: " #"[index >= _HALF] for index, block in enumerate(EIGHTHS)},
}
_TO_ASCII = str.maketrans(_STAND_INS)


def ascii_only(text: str) -> str:
    """Return the text with stand-ins, cell for cell; what is none of ours is escaped."""
    return text.translate(_TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def draw_bar(bar: Bar, width: int) -> str:
    """Return a bar of `width` cells, exact to an eighth of one; anything above nothing can be seen."""
    eighths = round(min(1.0, max(0.0, bar.part)) * width * 8)
    eighths = max(1, eighths) if bar.part > 0 else 0
    full, rest = divmod(eighths, 8)
    cells = (FULL * full + (EIGHTHS[rest] if rest else "")).ljust(width)
    return cells if bar.mark is None else _marked(cells, bar.mark, width)


def _marked(cells: str, mark: float, width: int) -> str:
    """Put the mark into the cell at whose left edge the due part ends; the bar may reach past it."""
    place = min(width - 1, max(0, round(mark * width)))
    return cells[:place] + MARK + cells[place + 1 :]
