"""The few signs of the tables, and their stand-ins where the terminal knows only ASCII.

Rules of this file: every sign outside ASCII that vacnet prints stands here once, with what it means
and its stand-in; circles are factories, squares are outcomes. The signs are of the oldest blocks of
Unicode, which the fonts of consoles have.
"""

from __future__ import annotations

from collections.abc import Sequence

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
RULE = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
FULL = "\N{FULL BLOCK}"
EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"
"""Blocks that fill 0 to 7 eighths of a cell from the left."""
LEVELS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
"""Blocks that fill 0 to 8 eighths of a cell from below."""

_HALF = 4
_STAND_INS = {
    OK: "o",
    NOWORK: "-",
    ERROR: "x",
    NEUTRAL: ".",
    LIVE: "*",
    DRAINING: "%",
    SILENT: "_",
    MARK: "|",
    ELLIPSIS: "~",
    RULE: "-",
    FULL: "#",
    **{block: " #"[index >= _HALF] for index, block in enumerate(EIGHTHS)},
    **dict(zip(LEVELS, " __--==##", strict=True)),
}
_TO_ASCII = str.maketrans(_STAND_INS)


def ascii_only(text: str) -> str:
    """Return the text with stand-ins, cell for cell; what is none of ours is escaped."""
    return text.translate(_TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def draw_bar(bar: Bar, width: int) -> str:
    """Return a bar of `width` cells, exact to an eighth of one; anything above nothing can be seen."""
    full, rest = divmod(_eighths(bar.part, width), 8)
    cells = (FULL * full + (EIGHTHS[rest] if rest else "")).ljust(width)
    return cells if bar.mark is None else _marked(cells, bar.mark, width)


def course(values: Sequence[float], most: float) -> str:
    """Return one cell for each value, filled from below to its part of `most`, exact to an eighth."""
    return area(values, most, 1)[0]


def area(values: Sequence[float], most: float, lines: int) -> list[str]:
    """Return values side by side as columns of so many lines, the highest line first."""
    heights = [_eighths(value / most if most else 0.0, lines) for value in values]
    return [
        "".join(LEVELS[min(8, max(0, height - 8 * below))] for height in heights)
        for below in reversed(range(lines))
    ]


def _eighths(part: float, cells: int) -> int:
    """Return how many eighths of so many cells a part (0 to 1) fills; anything above nothing can be seen."""
    return max(1, round(min(1.0, part) * cells * 8)) if part > 0 else 0


def _marked(cells: str, mark: float, width: int) -> str:
    """Put the mark into the cell at whose left edge the due part ends; the bar may reach past it."""
    place = min(width - 1, round(min(1.0, mark) * width)) if mark > 0 else 0
    return cells[:place] + MARK + cells[place + 1 :]
