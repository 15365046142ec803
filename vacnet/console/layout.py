"""Which columns of a sheet stand at which width, and which rows in how many lines: pure arithmetic.

Rules of this file: nothing is cut while something less important can give way. The order: the
columns with the highest `leaves` go first (one that may stand `below` moves there instead), then
wide columns of words are cut, to no less than their title; what then does not fit goes from the right, for
half a column says nothing. Room that is left goes to the bars, then to the column that wraps.
Rows are left out only where the height is bounded, the notable ones last, and are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rich.cells import cell_len

from vacnet.console.model import EMPTY, Column, Row, Sheet

GAP = 2
"""Cells between two columns."""

SHORTEST_CUT = 8
"""A column of words is not cut below this."""

UNBOUNDED = 1 << 16
"""The width of a file or a pipe: nobody looks at it through a window."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The columns that stand, each with its width, and those that stand below each row."""

    columns: tuple[tuple[Column, int], ...]
    below: tuple[Column, ...] = ()


def place(sheet: Sheet, width: int) -> Placed:
    """Return the columns of a sheet for a line of `width` cells."""
    standing = [column for column in sheet.columns if not column.leaves or _used(column, sheet)]
    below: list[Column] = []
    while _total(standing, sheet) > width and (leaver := _next_to_leave(standing)):
        standing.remove(leaver)
        below += [leaver] if leaver.below else []
    widths = _cut(standing, sheet, width)
    while len(standing) > 1 and _sum(widths, standing) > width:
        standing.pop()
        widths = _cut(standing, sheet, width)
    _grow(widths, standing, sheet, width)
    return Placed(tuple((column, widths[column.key]) for column in standing), tuple(below[::-1]))


def _used(column: Column, sheet: Sheet) -> bool:
    return any(row.cells.get(column.key, EMPTY) for row in sheet.rows)


def _next_to_leave(standing: list[Column]) -> Column | None:
    leavers = [column for column in standing if column.leaves]
    return max(leavers, key=lambda column: column.leaves, default=None)


def natural(column: Column, sheet: Sheet) -> int:
    """Return the width at which nothing of the column is cut or wrapped."""
    cells = (cell_len(row.cells.get(column.key, EMPTY).text) for row in sheet.rows)
    return max(cell_len(column.title), *cells, 0)


def _least(column: Column, sheet: Sheet) -> int:
    whole = natural(column, sheet)
    if column.below:
        return min(whole, column.width)
    return max(whole, column.width)


def _total(standing: list[Column], sheet: Sheet) -> int:
    return sum(_least(column, sheet) for column in standing) + GAP * (len(standing) - 1)


def _sum(widths: dict[str, int], standing: list[Column]) -> int:
    return sum(widths[column.key] for column in standing) + GAP * (len(standing) - 1)


def _cut(standing: list[Column], sheet: Sheet, width: int) -> dict[str, int]:
    """Return widths: the widest column of words gives a cell, and again, until all fit or none can give."""
    widths = {column.key: _least(column, sheet) for column in standing}
    words = [column.key for column in standing if not column.right and not column.whole]
    floors = {column.key: max(SHORTEST_CUT, cell_len(column.short or column.title)) for column in standing}
    while _sum(widths, standing) > width and words:
        widest = max(words, key=widths.__getitem__)
        if widths[widest] <= floors[widest]:
            words.remove(widest)
        else:
            widths[widest] -= 1
    return widths


def _grow(widths: dict[str, int], standing: list[Column], sheet: Sheet, width: int) -> None:
    room = width - _sum(widths, standing)
    for column in standing:
        wish = natural(column, sheet) if column.below else column.width_wide
        more = max(0, min(room, wish - widths[column.key]))
        widths[column.key] += more
        room -= more


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows that stand, and one line of words for those left out (empty: none)."""

    rows: tuple[Row, ...]
    left_out: str = ""


def choose_rows(rows: tuple[Row, ...], count: int) -> Shown:
    """Return at most `count` rows in their order, notable ones rather than others, and what is missing."""
    if count >= len(rows):
        return Shown(rows)
    ranked = sorted(range(len(rows)), key=lambda index: (not rows[index].notable, index))
    kept = set(ranked[: max(0, count)])
    missing = [row for index, row in enumerate(rows) if index not in kept]
    return Shown(tuple(row for index, row in enumerate(rows) if index in kept), _counted(missing))


def _counted(missing: list[Row]) -> str:
    moods = Counter(row.mood for row in missing if row.mood)
    details = ", ".join(f"{count} {mood}" for mood, count in moods.most_common())
    return f"and {len(missing)} more: {details}" if details else f"and {len(missing)} more"
