"""How machines ended: `vacnet history`, counted by what is asked for, each count with its part of all.

Rules of this file: pure functions of the answer, the time and the dimension. A count of nothing is left
blank, so that the eye finds what there is. Rates are by the time that was looked at: not by more than the
record knows, nor by hours to come. Hours and days are those of the reader's clock, and one without an end is
a row too: a gap is news. A mean life is that of machines that ran.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from vacnet import quantities
from vacnet.console import freshness, words
from vacnet.console.model import EMPTY, Bar, Cell, Column, Row, Sheet, Span, Tone, View, say
from vacnet.console.target_cells import OUTCOMES
from vacnet.factory.client import History, TallyState

HOUR = 3600.0
SHORTEST_SECONDS = 60.0
"""Over less a rate says nothing."""
HALF_PERCENTS = 200
"""Of a whole: a part below one of them is rounded away."""
AGO_BEGINS = 2.0
"""The record begins as asked, if it begins within so many seconds of it."""

_COUNTS = tuple(
    Column(key=kind, title=sign.words, right=True, leaves=2 if kind == "neutral" else 0)
    for kind, sign in OUTCOMES.items()
)
_RATE = Column(key="rate", title="per hour", right=True, leaves=5)
_BAR = Column(key="bar", width=8, width_wide=20, leaves=6)
_LIFE = Column(key="life", title="mean life", right=True, leaves=1)
_LAST = Column(key="last", title="last", leaves=9, below=True, width=24, lines_max=2)
_ENDED = Column(key="ended", title="ended", right=True)


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a row stands for."""

    title: str
    key: Callable[[TallyState], str]
    columns: tuple[Column, ...] = (_ENDED, _RATE, *_COUNTS, _LIFE, _LAST)
    slots: Callable[[float, float], Iterator[Slot]] | None = None
    """Of a row that is a time: all of them from one time to another."""
    what: str = "history of"
    """Whose ends these are."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour or a day: its name and what of it was looked at, in Unix seconds."""

    name: str
    begin: float
    end: float


def _hour(at: float) -> str:
    return time.strftime("%m-%d %H:%M", time.localtime(at))


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


def _outcome(tally: TallyState) -> str:
    return OUTCOMES[tally.outcome].words if tally.outcome in OUTCOMES else tally.outcome


def _slots(name: Callable[[float], str]) -> Callable[[float, float], Iterator[Slot]]:
    """Return what yields the hours or days between two times: days are not all of 24 hours."""

    def between(since: float, now: float) -> Iterator[Slot]:
        hours = [since, *_full_hours(since, now)]
        names = [name(_floor(hour)) for hour in hours]
        begins = [index for index, one in enumerate(names) if not index or names[index - 1] != one]
        ends = [*(hours[index] for index in begins[1:]), now]
        for index, end in zip(begins, ends, strict=True):
            yield Slot(names[index], hours[index], end)

    return between


def _floor(at: float) -> float:
    return at // HOUR * HOUR


def _full_hours(since: float, now: float) -> list[float]:
    first = _floor(since) + HOUR
    return [first + HOUR * step for step in range(max(0, int((now - first) // HOUR) + 1))]


_PART = Column(key="part", title="part", right=True)
_ENDS = (_ENDED, _PART, _BAR, _RATE, _LIFE, _LAST)
_TIMED = (_ENDED, _BAR, *_COUNTS, _LIFE)
DIMENSIONS: Mapping[str, Dimension] = {
    "target": Dimension("TARGET", lambda tally: tally.target),
    "hour": Dimension("HOUR", lambda tally: _hour(tally.hour), _TIMED, _slots(_hour)),
    "day": Dimension("DAY", lambda tally: _day(tally.hour), (_ENDED, _RATE, _BAR, *_TIMED[2:]), _slots(_day)),
    "outcome": Dimension("OUTCOME", _outcome, _ENDS),
    "code": Dimension("CODE", lambda tally: str(tally.code), _ENDS),
    "kind": Dimension("KIND", lambda tally: tally.kind or words.UNKNOWN),
    "factory": Dimension(
        "FACTORY",
        lambda tally: tally.factory,
        (_ENDED, *_COUNTS, _LAST),
        what="ends heard of by",
    ),
}
ALL = "all"


def history_view(state: History, now: float, by: str, asked: float) -> View:
    """Return the view of a history by one of `DIMENSIONS`; all times in Unix seconds, `asked` the first."""
    dimension = DIMENSIONS[by]
    rows = tuple(_rows(state, dimension, now)) if state.tallies else ()
    ended = sum(tally.ended for tally in state.tallies)
    begins = ": the record begins there" if state.since > asked + AGO_BEGINS else ""
    column = Column(key="name", title=dimension.title)
    empty = "No machine ended. `vacnet machines` shows what runs, `vacnet why TARGET` why nothing starts."
    return View(
        facts=(
            Cell((Span(f"{dimension.what} "), Span(words.clean(state.factory), Tone.STRONG))),
            say(f"since {words.moment(state.since)}{begins}"),
            Cell((Span(str(ended), Tone.STRONG), Span(f" machine{'' if ended == 1 else 's'} ended"))),
        ),
        warnings=freshness.staleness(state.factory, state.time, now),
        sheets=(Sheet(columns=(column, *dimension.columns), rows=rows, empty=empty),),
    )


def _rows(state: History, dimension: Dimension, now: float) -> Iterator[Row]:
    whole = Slot(ALL, state.since, state.time)
    grouped = _grouped(state.tallies, dimension.key)
    slots = (
        list(dimension.slots(state.since, state.time))
        if dimension.slots
        else [Slot(name, state.since, state.time) for name in _ordered(grouped)]
    )
    total = sum(tally.ended for tally in state.tallies)
    most = max(sum(tally.ended for tally in group) for group in grouped.values())
    for slot in slots:
        yield _row(slot, grouped.get(slot.name, []), total, most, now)
    if len(slots) > 1:
        yield _row(whole, list(state.tallies), total, 0, now)


def _grouped(tallies: Iterable[TallyState], key: Callable[[TallyState], str]) -> dict[str, list[TallyState]]:
    grouped: dict[str, list[TallyState]] = {}
    for tally in tallies:
        grouped.setdefault(key(tally), []).append(tally)
    return grouped


def _ordered(names: Iterable[str]) -> list[str]:
    """Return names by themselves, but outcomes in the order in which every table has them."""
    known = [sign.words for sign in OUTCOMES.values()]
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def _row(slot: Slot, tallies: list[TallyState], total: int, most: int, now: float) -> Row:
    """Return one row, a part of `total`; its bar is its part of `most`, 0: it has none."""
    ended = sum(tally.ended for tally in tallies)
    seconds = slot.end - slot.begin
    rate = f"{ended * HOUR / seconds:.1f}" if seconds >= SHORTEST_SECONDS else words.UNKNOWN
    cells = {
        "name": say(words.clean(slot.name), Tone.FAINT if slot.name == ALL else Tone.STRONG),
        "ended": say(ended, Tone.PLAIN if ended else Tone.FAINT),
        "part": say(_percent(ended, total)),
        "rate": say(rate),
        "bar": Cell(bar=Bar(ended / most)) if most and ended else EMPTY,
        **{kind: _part(tallies, kind, ended) for kind in OUTCOMES},
        "life": say(_life(tallies)),
        "last": EMPTY if slot.name == ALL else _last(tallies, now),
    }
    return Row(cells=cells, mood="ended")


def _part(tallies: list[TallyState], kind: str, ended: int) -> Cell:
    count = sum(tally.ended for tally in tallies if tally.outcome == kind)
    return say(f"{count} {_percent(count, ended):>4}", OUTCOMES[kind].tone) if count else EMPTY


def _percent(count: int, whole: int) -> str:
    """Return a part in percent; what is neither nothing nor all never looks so."""
    few = "<1%" if 0 < count * HALF_PERCENTS < whole else ""
    nearly = ">99%" if 0 < (whole - count) * HALF_PERCENTS < whole else ""
    return few or nearly or f"{count / whole:.0%}"


def _life(tallies: list[TallyState]) -> str:
    ran = sum(tally.ran for tally in tallies)
    lived = sum(tally.lived_seconds for tally in tallies)
    return quantities.duration(lived / ran) if ran else words.UNKNOWN if tallies else ""


def _last(tallies: list[TallyState], now: float) -> Cell:
    if not tallies:
        return EMPTY
    newest = max(tallies, key=lambda tally: tally.last)
    told = f'"{newest.code} {newest.words}"' if newest.words else str(newest.code)
    return Cell((Span(f"{words.age(now - newest.last)} ago: ", Tone.FAINT), Span(words.clean(told))))
