"""The factories in full: `vacnet factories`, every fact that each tells of itself.

Rules of this file: a pure function of the answer and the time; what is not of now bears a `?` or is
not shown; each row says what its mood means and what to do about it.
"""

from __future__ import annotations

from vacnet.console import factory_cells, freshness, words
from vacnet.console.model import Cell, Column, Sheet, Span, Tone, View
from vacnet.console.space_view import NO_FACTORIES, by_name, moods_of
from vacnet.factory.client import SpaceState

COLUMNS = (
    Column(key="name", title="FACTORY"),
    Column(key="state", title="state"),
    Column(key="heard", title="heard", right=True),
    Column(key="processors", title="processors", right=True),
    Column(key="running", title="run", right=True),
    Column(key="starting", title="start", right=True, leaves=6),
    Column(key="load", title="load", right=True, leaves=1),
    Column(key="memory", title="memory free", right=True, leaves=3),
    Column(key="disk", title="disk free", right=True, leaves=4),
    Column(key="version", title="version", leaves=7),
    Column(key="address", title="address", leaves=8),
    Column(key="meaning", title="note", leaves=10, below=True, width=30),
)


def factories_view(state: SpaceState, now: float) -> View:
    """Return the view of all factories, `now` in Unix seconds."""
    late = freshness.late_by(state.time, now)
    rows = tuple(factory_cells.row_of(factory, late) for factory in by_name(state.factories))
    return View(
        facts=(
            Cell((Span("factories of space "), Span(words.clean(state.space), Tone.STRONG))),
            *moods_of(state.factories),
            freshness.seen_by(state.factory, state.time),
        ),
        warnings=freshness.staleness(state.factory, state.time, now),
        sheets=(Sheet(columns=COLUMNS, rows=rows, empty=NO_FACTORIES),),
    )
