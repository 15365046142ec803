"""The targets in full: `vacnet targets`, every number behind the state and what holds here.

Rules of this file: a pure function of the answer and the time; the columns of the space's own table
come first and in the same order, so that the eye finds them. What holds here for all targets, because it is
the host's, is told once above them.
"""

from __future__ import annotations

import msgspec

from vacnet.console import freshness, target_cells, words
from vacnet.console.model import Cell, Column, Sheet, Span, Tone, View
from vacnet.console.space_view import NO_TARGETS
from vacnet.factory.client import SpaceState, TargetState

TOLD_ONCE = frozenset({"back-off", "held"})
"""States that hold here as everywhere: told by the state alone, for `here` is of the last decision."""

COLUMNS = (
    Column(key="name", title="TARGET"),
    Column(key="model", title="model", leaves=3),
    Column(key="share", title="share", right=True),
    Column(key="got", title="got", right=True),
    Column(key="processors", title="procs", right=True, leaves=1),
    Column(key="running", title="run", right=True),
    Column(key="starting", title="start", right=True, leaves=2),
    Column(key="window", title="window", right=True, leaves=2),
    Column(key="streak", title="streak", right=True, leaves=6),
    Column(key="tickets", title="tickets", right=True, leaves=3),
    Column(key="proofs", title="proofs", right=True, leaves=3),
    Column(key="noworks", title="noworks", right=True, leaves=7),
    Column(key="last", title="last outcome", leaves=8),
    Column(key="state", title="state", leaves=4, below=True, width=36, lines_max=3),
    Column(key="here", title="here", leaves=5, below=True, named_below=True, width=24, lines_max=3),
)


def targets_view(state: SpaceState, now: float) -> View:
    """Return the view of all targets, `now` in Unix seconds."""
    ordered = sorted(state.targets, key=lambda target: (-target.share, target.name))
    late = freshness.late_by(state.time, now)
    common = common_here(state)
    rows = tuple(target_cells.row_of(_without(target, common), 1.0, late) for target in ordered)
    return View(
        facts=(
            Cell((Span("targets of space "), Span(words.clean(state.space), Tone.STRONG))),
            freshness.seen_by(state.factory, state.time),
        ),
        warnings=(
            *freshness.staleness(state.factory, state.time, now),
            *_told_once(common),
            *_refused(state),
        ),
        sheets=(Sheet(columns=COLUMNS, rows=rows, empty=NO_TARGETS),),
    )


def common_here(state: SpaceState) -> str:
    """Return what the host itself has against starting anything; empty where it has nothing."""
    note = next((factory.note for factory in state.factories if factory.itself), "")
    return note if any(target.here == note for target in state.targets) else ""


def _told_once(common: str) -> tuple[Cell, ...]:
    return (freshness.warning(f"nothing starts here: {common}"),) if common else ()


def _refused(state: SpaceState) -> tuple[Cell, ...]:
    return tuple(freshness.warning(f"{one.name} is not offered: {one.words}") for one in state.refused)


def _without(target: TargetState, common: str) -> TargetState:
    """Return a target without what another column or the line above the table says of it."""
    words = target.words.removesuffix(f"; here: {target.here}")
    same = target.state in TOLD_ONCE and target.here.startswith(target.state)
    told = same or target.here == common
    return msgspec.structs.replace(target, words=words, here="" if told else target.here)
