"""How a factory is told: its sign and mood, what it has, how fresh that is, and what is special.

Rules of this file: one table of moods, the first that applies stands; numbers of a factory that is
not live bear a `?`, for they are the last heard and no more; every mood says in words what it means
and, where an admin can mend it, what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vacnet import quantities
from vacnet.console import glyphs, words
from vacnet.console.freshness import STALE_SECONDS
from vacnet.console.model import Bar, Cell, Row, Span, Tone, say
from vacnet.factory.client import FactoryState

LOAD_HIGH = 1.25
"""Load by processor above which the number is marked: `overload_per_processor` as delivered."""

HIGH = "!"
"""Behind such a load."""

UNMEASURED_BYTES = 1 << 60
"""From here on a size is the sign that a factory has not measured it yet; no host has an exbibyte."""


@dataclass(frozen=True, slots=True)
class Mood:
    """One word for how a factory is, with its sign and what that means."""

    name: str
    glyph: str
    tone: Tone
    told: str
    """The state or the flag by which a factory tells it; empty: it is there for all."""
    meaning: str = ""
    """What it means and what to do, for the views that have room."""

    def applies(self, factory: FactoryState) -> bool:
        """Tell whether a factory is so."""
        return not self.told or self.told == factory.state or self.told in factory.flags


MOODS: tuple[Mood, ...] = (
    Mood(
        "silent",
        glyphs.SILENT,
        Tone.BAD,
        "silent",
        "its numbers are the last heard; see its log and the network",
    ),
    Mood("departed", glyphs.SILENT, Tone.FAINT, "departed", "it stopped in order"),
    Mood("conflict", glyphs.ERROR, Tone.BAD, "conflict", "two of this name run: stop one"),
    Mood(
        "never heard",
        glyphs.SILENT,
        Tone.WARN,
        "unknown",
        "does it run, with a key of ours, is UDP open? `vacnet peers check` asks it",
    ),
    Mood("draining", glyphs.DRAINING, Tone.WARN, "draining", "it starts nothing new"),
    Mood("isolated", glyphs.DRAINING, Tone.WARN, "isolated", "it hears none of its peers"),
    Mood(
        "settling",
        glyphs.DRAINING,
        Tone.PLAIN,
        "settling",
        "it learns the space before it starts anything",
    ),
    Mood("vetoed", glyphs.DRAINING, Tone.WARN, "veto", "it starts nothing now"),
    Mood("suspect", glyphs.DRAINING, Tone.WARN, "suspect", "machines fail here and not elsewhere"),
    Mood("live", glyphs.LIVE, Tone.GOOD, ""),
)

OTHER_VETOES = frozenset({"draining", "isolated", "conflict", "settling"})
"""Of these a veto is already explained; of its load nothing is known then."""

ABSENT = frozenset({"silent", "departed"})
"""Moods whose word says all that a table at a glance has room for."""


def mood_of(factory: FactoryState) -> Mood:
    """Return the first mood that applies."""
    if factory.state == "live" and not factory.flags:  # of a thousand nearly all: asked for each, each second
        return MOODS[-1]
    return next(mood for mood in MOODS if mood.applies(factory))


def rank_of(factory: FactoryState) -> int:
    """Return the place of its mood: the worst is 0."""
    return MOODS.index(mood_of(factory))


def is_known(factory: FactoryState) -> bool:
    """Return whether its numbers are of now."""
    return factory.state == "live"


def row_of(factory: FactoryState, late_seconds: float) -> Row:
    """Return the row of one factory; `late_seconds` is how old the whole answer is."""
    mood = mood_of(factory)
    return Row(
        cells=cells_of(factory, mood, late_seconds),
        mood=mood.name,
        notable=mood.name != "live" or factory.itself,
        stale=not is_known(factory) or late_seconds > STALE_SECONDS,
    )


def cells_of(factory: FactoryState, mood: Mood, late_seconds: float) -> Mapping[str, Cell]:
    """Return every cell that any view of a factory has, by column key."""
    return {
        "name": Cell((Span(mood.glyph, mood.tone), Span(f" {words.clean(factory.name)}", Tone.STRONG))),
        "state": say(mood.name, mood.tone),
        "processors": say(_processors(factory)),
        "bar": Cell(bar=_bar(factory)),
        "load": _load(factory),
        "running": say(_counted(factory, factory.machines_running)),
        "starting": say(_starting(factory), Tone.FAINT),
        "heard": say(_heard(factory, late_seconds)),
        "note": _note(factory, mood),
        "meaning": _meaning(factory, mood),
        **_details(factory),
    }


def _details(factory: FactoryState) -> Mapping[str, Cell]:
    """Return the cells of the wide view alone."""
    known = is_known(factory)
    deadline = factory.deadline_seconds
    return {
        "memory": say(_measured(factory.memory_free_bytes, known=known)),
        "disk": say(_measured(factory.disk_free_bytes, known=known)),
        "deadline": say("" if deadline is None else quantities.duration(deadline)),
        "address": say(words.clean(factory.address)),
        "version": say(words.clean(factory.version)),
        "settings": say("differ" if factory.settings_differ else "", Tone.WARN),
    }


def _measured(count_bytes: int, *, known: bool) -> str:
    return quantities.size(count_bytes) if known and count_bytes < UNMEASURED_BYTES else words.UNKNOWN


def _counted(factory: FactoryState, count: int) -> str:
    """Return a count, with a `?` when it is only the last one heard."""
    if is_known(factory):
        return str(count)
    return "?" if factory.state == "unknown" else f"{count}?"


def _processors(factory: FactoryState) -> str:
    if factory.state == "unknown":
        return "?"
    used = str(factory.processors_total - factory.processors_free) if is_known(factory) else "?"
    return f"{used}/{factory.processors_total}"


def _bar(factory: FactoryState) -> Bar | None:
    if not is_known(factory) or not factory.processors_total:
        return None
    return Bar(1 - factory.processors_free / factory.processors_total)


def _load(factory: FactoryState) -> Cell:
    if not is_known(factory):
        return say(words.UNKNOWN)
    high = _is_high(factory)
    return say(f"{factory.load:.1f}{HIGH if high else ''}", Tone.WARN if high else Tone.PLAIN)


def _is_high(factory: FactoryState) -> bool:
    """Tell whether it starts nothing with such a load; one that goes on is allowed more by its settings."""
    flags = set(factory.flags)
    vetoed = "veto" in flags and not flags & OTHER_VETOES
    return vetoed and factory.load > LOAD_HIGH * max(1, factory.processors_total)


def legend(factories: Iterable[FactoryState]) -> tuple[Cell, ...]:
    """Return what the mark of a load means, where one bears it."""
    marked = any(is_known(factory) and _is_high(factory) for factory in factories)
    return (Cell((Span(HIGH, Tone.WARN), Span(" high load"))),) if marked else ()


def _starting(factory: FactoryState) -> str:
    return f"+{factory.machines_starting}" if is_known(factory) and factory.machines_starting else ""


def _heard(factory: FactoryState, late_seconds: float) -> str:
    if factory.itself:
        return "here"
    return words.age(None if factory.heard_seconds is None else factory.heard_seconds + late_seconds)


def _note(factory: FactoryState, mood: Mood) -> Cell:
    """Return the mood, unless it is plainly live, then what is said of it; of the absent there is no more."""
    own = "" if mood.name in ABSENT else words.clean(factory.note)
    said = mood.name != "live" and not own.startswith(mood.name)
    name = (Span(mood.name, mood.tone),) if said else ()
    rest = "; ".join(part for part in (own, *_asides(factory)) if part)
    return Cell((*name, Span(f": {rest}" if said else rest))) if rest else Cell(name)


def _meaning(factory: FactoryState, mood: Mood) -> Cell:
    """Return the note, or where there is none what the mood means and what to do."""
    own = words.clean(factory.note).removeprefix(mood.name).lstrip(":; ,")
    told = own or mood.meaning
    return say("; ".join(part for part in (told, *_asides(factory)) if part))


def _asides(factory: FactoryState) -> list[str]:
    """Return what else is special, in words; of a time that is over there is nothing to wait for."""
    deadline = factory.deadline_seconds
    return [f"all gone in {quantities.duration(deadline)}"] if deadline and deadline > 0 else []
