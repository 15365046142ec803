"""The space at a glance: `vacnet space`, all that must be readable at once at 80x24.

Rules of this file: a pure function of the answer and the time. Sums count live factories alone; what
silent ones hold is told beside them, never inside. Targets come first: they are why the space is
there. Warnings stand right below the header, where the eye is.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from vacnet.console import factory_cells, freshness, target_cells, words
from vacnet.console.model import Cell, Column, Sheet, Span, Tone, View, say
from vacnet.factory.client import FactoryState, SpaceState, TargetState

TARGETS = (
    Column(key="name", title="TARGETS"),
    Column(key="share", title="share", right=True),
    Column(key="got", title="got", right=True),
    Column(key="bar", width=8, width_wide=16),
    Column(key="running", title="run", right=True),
    Column(key="starting", title="start", right=True, leaves=2),
    Column(key="outcomes", title="outcomes, newest right", short="outcomes", newest_right=True, width=24),
    Column(key="state", title="state", leaves=9, below=True, width=36),
)
FACTORIES = (
    Column(key="name", title="FACTORIES"),
    Column(key="processors", title="processors", right=True),
    Column(key="bar", width=10, width_wide=20, leaves=4),
    Column(key="load", title="load", right=True, leaves=3),
    Column(key="running", title="run", right=True),
    Column(key="starting", title="start", right=True, leaves=2),
    Column(key="heard", title="heard", right=True),
    Column(key="note", title="note", leaves=9, below=True, width=28),
)

NO_TARGETS = "No targets: add [targets.NAME] or [pipes.PREFIX] to vacnet.toml, then `vacnet config check`."
NO_FACTORIES = "No factories are known yet."


def space_view(state: SpaceState, now: float, *, trouble: str = "") -> View:
    """Return the view of a space, `now` in Unix seconds; `trouble` is why there is no newer answer."""
    late = freshness.late_by(state.time, now)
    told = (trouble, *state.warnings) if trouble else state.warnings
    warnings = tuple(freshness.warning(text) for text in told)
    return View(
        facts=facts_of(state),
        warnings=freshness.staleness(state.factory, state.time, now) + warnings,
        sheets=(targets_sheet(state, late), factories_sheet(state, late)),
        legend=(*(target_cells.legend() if state.targets else ()), *factory_cells.legend(state.factories)),
    )


def targets_sheet(state: SpaceState, late_seconds: float) -> Sheet:
    """Return the targets, those with the largest share first; `late_seconds` is the answer's age."""
    scale = target_cells.scale_of(state.targets)
    ordered = sorted(state.targets, key=lambda target: (-target.share, target.name))
    here = next((f": {factory.note}" for factory in state.factories if factory.itself and factory.note), "")
    told = (_without(target, f"; here{here}") for target in ordered)
    rows = tuple(target_cells.row_of(target, scale, late_seconds) for target in told)
    return Sheet(columns=TARGETS, rows=rows, empty=NO_TARGETS)


def _without(target: TargetState, suffix: str) -> TargetState:
    """Return a target without what the line of its factory says."""
    return msgspec.structs.replace(target, words=target.words.removesuffix(suffix))


def factories_sheet(state: SpaceState, late_seconds: float) -> Sheet:
    """Return the factories by name."""
    rows = tuple(factory_cells.row_of(factory, late_seconds) for factory in by_name(state.factories))
    return Sheet(columns=FACTORIES, rows=rows, empty=NO_FACTORIES)


def by_name(factories: tuple[FactoryState, ...]) -> list[FactoryState]:
    """Return the factories in the order in which every view shows them."""
    return sorted(factories, key=lambda factory: factory.name)


def facts_of(state: SpaceState) -> tuple[Cell, ...]:
    """Return the header: who, how many of what, seen by whom and when."""
    return (
        Cell((Span("space "), Span(words.clean(state.space), Tone.STRONG))),
        *moods_of(state.factories),
        _processors(state.factories),
        _machines(state.factories),
        say(f"{words.plural(state.starts_last_minute, 'start')}/min"),
        freshness.seen_by(state.factory, state.time),
    )


def moods_of(factories: tuple[FactoryState, ...]) -> list[Cell]:
    """Return how many factories are live, draining, silent and so on, each with its sign."""
    counts = Counter(factory_cells.mood_of(factory).name for factory in factories)
    ordered = sorted(factory_cells.MOODS, key=lambda mood: mood.name != "live")
    return [
        Cell((Span(mood.glyph, mood.tone), Span(f" {counts[mood.name]} {mood.name}")))
        for mood in ordered
        if counts[mood.name]
    ]


def _processors(factories: tuple[FactoryState, ...]) -> Cell:
    live = [factory for factory in factories if factory_cells.is_known(factory)]
    total = sum(factory.processors_total for factory in live)
    used = total - sum(factory.processors_free for factory in live)
    return Cell((Span(f"{used}/{total}", Tone.STRONG), Span(" processors used")))


def _machines(factories: tuple[FactoryState, ...]) -> Cell:
    live = [factory for factory in factories if factory_cells.is_known(factory)]
    running = sum(factory.machines_running for factory in live)
    silent = sum(factory.machines_running for factory in factories) - running
    told = f" machine{'' if running == 1 else 's'}" + (f" (+{silent}? silent)" if silent else "")
    return Cell((Span(str(running), Tone.STRONG), Span(told)))
