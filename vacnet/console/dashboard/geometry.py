"""How many lines each pane gets: pure arithmetic.

Rules of this file: the chosen pane is always there. On a low screen the overview is targets and factories,
and whoever goes into machines or events has them alone; where there is room for all four, they stand. A pane
gets what it can fill, never more; what is short is shared out evenly, and what is left goes to the last.
Who has room for all its rows in half of the screen, with the words below them, gets that: what a target waits
for says more than the hundredth factory.
"""

from __future__ import annotations

from collections.abc import Mapping

HEADING_LINES = 2
"""Of each pane: its name with what is special about it, and the titles of its columns."""
LEAST_ROWS = 3
HIGH_SCREEN_LINES = 34
OVERVIEW = ("targets", "factories")
DETAILS = ("machines", "events")
DETAILS_LINES = len(DETAILS) * (HEADING_LINES + LEAST_ROWS)
OVERVIEW_LINES = len(OVERVIEW) * (HEADING_LINES + 1)
"""With fewer the panes of the overview would be headings and no rows."""


def panes_shown(lines: int, wanted: int, chosen: str, *, alone: bool) -> tuple[str, ...]:
    """Return which panes stand on a screen of so many lines, of which the overview wants `wanted`."""
    if alone or lines < OVERVIEW_LINES:
        return (chosen,)
    if lines >= HIGH_SCREEN_LINES or lines - wanted >= DETAILS_LINES:
        return (*OVERVIEW, *DETAILS)
    return OVERVIEW if chosen in OVERVIEW else (chosen,)


def heights(lines: int, rows: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Return the lines of each pane, its heading included, together `lines` and none below 0.

    Args:
        lines: what there is.
        rows: how many rows each pane has, one line each.
        more: what each would fill besides, all of it or nothing: the words below its rows.

    Returns:
        Nothing but zeros where `lines` is below 1.
    """
    given = dict.fromkeys(rows, 0)
    plain = {name: HEADING_LINES + count for name, count in rows.items()}
    _shared(given, {name: HEADING_LINES + min(LEAST_ROWS, count) for name, count in rows.items()}, lines)
    for name, wish in more.items():
        if plain[name] + wish <= lines // 2:
            _fill(given, name, plain[name] + wish, lines)
    _shared(given, plain, lines)
    for name, wish in more.items():
        _fill(given, name, plain[name] + wish, lines)
    last = next(reversed(given))
    given[last] += max(0, lines - sum(given.values()))
    return given


def _fill(given: dict[str, int], name: str, wanted: int, lines: int) -> None:
    """Give a pane all that it wants, if that is there."""
    if wanted - given[name] <= lines - sum(given.values()):
        given[name] = wanted


def _shared(given: dict[str, int], wanted: Mapping[str, int], lines: int) -> None:
    """Share out what is there, line by line."""
    left = max(0, lines - sum(given.values()))
    while left > 0 and (hungry := [name for name in given if given[name] < wanted[name]]):
        for name in hungry[:left]:
            given[name] += 1
        left = lines - sum(given.values())
