"""The header: what must be known of a space before anything else, and of when the picture is.

Rules of this file: pure functions. The mode stands first, for nobody may take a frozen or a past picture for
the present; warnings come next, as many as there is room for, and the number of the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet import quantities
from vacnet.console import freshness, words
from vacnet.console.dashboard.picture import Picture
from vacnet.console.model import Cell, Span, Tone, View
from vacnet.console.space_view import facts_of
from vacnet.factory.client import SpaceState

WARNINGS_SHOWN = 2
STALE = "NOT LIVE"
WAY_BACK = {"FROZEN": "z goes on", "PAST": "t: back to now", "PLAYING": "p stops, t: back to now"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """Of when the picture is."""

    name: str = "LIVE"
    """`LIVE`, `FROZEN`, `PAST` or `PLAYING`."""
    since: float = 0.0
    """Of a frozen or past picture: Unix seconds at which it was true."""
    simulated: bool = False


LIVE = Mode()


def header(picture: Picture, mode: Mode, now: float) -> View:
    """Return the header as a view without sheets; `now` in Unix seconds."""
    state = picture.space
    told = warnings(picture, mode, now)
    shown = list(told[:WARNINGS_SHOWN])
    if len(told) > len(shown):
        more = quantities.plural(len(told) - len(shown), "more warning")
        shown[-1] = Cell((Span(f"! and {more} (! shows all): ", Tone.WARN), *shown[-1].spans[1:]))
    facts = (_mode(mode, state.time, now), *facts_of(state), *_special(picture, state))
    return View(facts=facts, warnings=tuple(shown))


def warnings(picture: Picture, mode: Mode, now: float) -> tuple[Cell, ...]:
    """Return what is not as it should be, what concerns the picture itself first."""
    told = (freshness.warning(text) for text in picture.space.warnings)
    return (*_staleness(picture, mode, now), *told)


def _mode(mode: Mode, answered: float, now: float) -> Cell:
    late = mode == LIVE and freshness.late_by(answered, now) > freshness.STALE_SECONDS
    name = STALE if late else mode.name
    name = f"SIMULATED {name}" if mode.simulated else name
    if mode.name == "LIVE":
        return Cell((Span(name, Tone.BAD if late else Tone.GOOD),))
    ago = quantities.duration(now - mode.since)
    told = f"{name} {words.moment(mode.since)}, {ago} ago"
    return Cell((Span(told, Tone.WARN), Span(f" ({WAY_BACK[mode.name]})", Tone.FAINT)))


def _staleness(picture: Picture, mode: Mode, now: float) -> tuple[Cell, ...]:
    """Return how old a picture is that should be of now, and why there is no newer one."""
    if mode.name != "LIVE" or mode.simulated:
        return ()
    trouble = (freshness.warning(picture.trouble),) if picture.trouble else ()
    return (*freshness.staleness(picture.space.factory, picture.space.time, now), *trouble)


def _special(picture: Picture, state: SpaceState) -> tuple[Cell, ...]:
    delay = picture.delay_seconds
    differ = sum(factory.settings_differ for factory in state.factories)
    held = sum(target.state == "held" for target in state.targets)
    return (
        *([Cell((Span(f"gossip {_milliseconds(delay)}"),))] if delay is not None else []),
        *([Cell((Span(f"settings differ on {differ}", Tone.WARN),))] if differ else []),
        *([Cell((Span(f"{quantities.plural(held, 'target')} held", Tone.WARN),))] if held else []),
    )


def _milliseconds(seconds: float) -> str:
    thousand = 1_000
    return f"{seconds * thousand:.0f} ms" if seconds >= 1 / thousand else f"{seconds * thousand:.1f} ms"
