"""How a target is told: what is due against what it has, the strip of its last outcomes, its state.

Rules of this file: an outcome is a square whose sign, not colour, says what it was (`OUTCOMES`, which
is also the legend); bars of all targets of one sheet have one scale, so that they can be compared; a
state is told by the words that the rules gave it, behind its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vacnet.console import glyphs, words
from vacnet.console.freshness import STALE_SECONDS
from vacnet.console.model import Bar, Cell, Row, Span, Tone, say
from vacnet.factory.client import Outcome, TargetState

OUTCOMES_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Sign:
    """How one kind of outcome looks and is called."""

    glyph: str
    tone: Tone
    words: str


OUTCOMES: Mapping[str, Sign] = {
    "ok": Sign(glyphs.OK, Tone.GOOD, "ok"),
    "nowork": Sign(glyphs.NOWORK, Tone.PLAIN, "no work"),
    "error": Sign(glyphs.ERROR, Tone.BAD, "error"),
    "neutral": Sign(glyphs.NEUTRAL, Tone.FAINT, "neutral"),
}
_STRANGE = Sign("?", Tone.WARN, "?")

STATES: Mapping[str, Tone] = {
    "open": Tone.GOOD,
    "growing": Tone.GOOD,
    "probing": Tone.STRONG,
    "back-off": Tone.WARN,
    "no share": Tone.FAINT,
    "held": Tone.WARN,
    "quarantined": Tone.BAD,
}

_SCALES = (0.25, 0.5, 1.0)


def legend() -> tuple[Cell, ...]:
    """Return the signs of the strips and of the bars with what they mean."""
    signs = (Cell((Span(sign.glyph, sign.tone), Span(f" {sign.words}"))) for sign in OUTCOMES.values())
    return (*signs, Cell((Span(glyphs.MARK), Span(" its share"))))


def scale_of(targets: Iterable[TargetState]) -> float:
    """Return what a full bar stands for: the least of a few round parts that holds every number."""
    most = max((max(target.share, target.got) for target in targets), default=1.0)
    return next((scale for scale in _SCALES if most <= scale), 1.0)


def row_of(target: TargetState, scale: float, late_seconds: float) -> Row:
    """Return the row of one target; `late_seconds` is how old the whole answer is."""
    return Row(
        cells=cells_of(target, scale),
        mood=target.state,
        notable=target.state in ("quarantined", "probing") or target.machines_running > 0,
        stale=late_seconds > STALE_SECONDS,
    )


def cells_of(target: TargetState, scale: float) -> Mapping[str, Cell]:
    """Return every cell that any view of a target has, by column key."""
    mark = target.share / scale if target.share else None
    return {
        "name": say(words.clean(target.name), Tone.STRONG),
        "share": say(words.percent(target.share)),
        "got": say(words.percent(target.got)),
        "bar": Cell(bar=Bar(target.got / scale, mark)),
        "running": say(target.machines_running, Tone.PLAIN if target.machines_running else Tone.FAINT),
        "starting": say(f"+{target.machines_starting}" if target.machines_starting else ""),
        "outcomes": strip_of(target.outcomes),
        "state": state_of(target),
        **_details(target),
    }


def _details(target: TargetState) -> Mapping[str, Cell]:
    """Return the cells of the wide view alone."""
    return {
        "model": say(words.clean(target.model)),
        "processors": say(target.processors),
        "window": say(f"{target.window_number}" if target.window_number else words.UNKNOWN),
        "streak": say(target.streak or ""),
        "tickets": say(f"{target.tickets_taken}/{target.tickets_available}"),
        "proofs": say(target.proofs),
        "noworks": say(target.noworks),
        "last": _last(target),
        "here": say(words.clean(target.here)),
        "origin": say(words.clean(target.origin), Tone.FAINT),
    }


def strip_of(outcomes: tuple[Outcome, ...]) -> Cell:
    """Return the last outcomes as squares, the newest right."""
    signs = (OUTCOMES.get(outcome.kind, _STRANGE) for outcome in outcomes[-OUTCOMES_SHOWN:])
    return Cell(tuple(Span(sign.glyph, sign.tone) for sign in signs))


def state_of(target: TargetState) -> Cell:
    """Return the state's name and its words, without saying the name twice."""
    told = words.clean(target.words).removeprefix(target.state).lstrip(":; ,")
    name = Span(target.state, STATES.get(target.state, Tone.PLAIN))
    return Cell((name, Span(f": {told}"))) if told else Cell((name,))


def _last(target: TargetState) -> Cell:
    if target.last_ago_seconds is None:
        return say("none yet", Tone.FAINT)
    return say(
        f"{target.last_code} {words.age(target.last_ago_seconds)} ago on {words.clean(target.last_factory)}"
    )
