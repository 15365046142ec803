"""What a what-if found: `vacnet simulate`, shares got against asked, and processors over time as a chart.

Rules of this file: a pure function of the result. What had to be assumed stands above the figures, where
nobody reads past it.
"""

from __future__ import annotations

from collections.abc import Sequence

from vacnet.console import glyphs, words
from vacnet.console.model import EMPTY, Bar, Cell, Column, Row, Sheet, Span, Tone, View, say
from vacnet.simulate.whatif.result import Result, TargetResult

COLUMNS = (
    Column(key="name", title="TARGET"),
    Column(key="asked", title="asked", right=True),
    Column(key="before", title="before", right=True, leaves=1),
    Column(key="got", title="got", right=True),
    Column(key="bar", width=8, width_wide=16),
    Column(key="processors", title="procs", right=True, leaves=4),
    Column(key="started", title="started", right=True),
    Column(key="useless", title="useless", right=True),
    Column(key="failed", title="failed", right=True, leaves=3),
    Column(key="windows", title="windows", right=True, leaves=2),
    Column(key="probes", title="probes each", right=True),
    Column(key="course", title="processors over time", leaves=5),
)
CHART = (
    Column(key="mark", title="BUSY", right=True),
    Column(key="course", title="processors over time, blank is idle"),
)
CHART_LINES = 6
MARKS = 4
"""Parts of the time axis."""
COURSE_CELLS = 30
"""Of a target's course in its row."""
LEGEND = (
    "asked, got, procs: of the busy processors, over the second half",
    "useless: ended without work",
    "probes each: machines that a window cost before anybody knew (at most)",
)


def simulate_view(result: Result) -> View:
    """Return the view of a result."""
    return View(
        facts=_facts(result),
        warnings=tuple(say(f"assumed: {text}", Tone.FAINT) for text in result.assumed),
        sheets=(_targets(result), _chart(result)),
        legend=tuple(say(text, Tone.FAINT) for text in LEGEND),
    )


def _facts(result: Result) -> tuple[Cell, ...]:
    scale = f"{words.plural(result.factories, 'factory')}, {words.plural(result.processors, 'processor')}"
    part = _percent(result.processors_idle, result.processors)
    was = f", before {result.before.processors_idle:.1f}" if result.before else ""
    idle = f"{result.processors_idle:.1f} processors idle ({part}{was})"
    wasted = f"{words.plural(result.machines_started, 'machine')} started, {result.machines_useless} useless"
    return (
        Cell((Span("what if "), Span(words.clean(result.scenario), Tone.STRONG))),
        *(say(words.clean(change), Tone.STRONG) for change in result.changes),
        say(scale),
        say(f"rule {result.rule}"),
        say(f"{result.hours:g} h"),
        say(f"seed {result.seed}"),
        say(idle, Tone.STRONG),
        say(wasted),
    )


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%" if whole else words.UNKNOWN


def _targets(result: Result) -> Sheet:
    longest = max(max(target.asked, target.got) for target in result.targets)
    highest = max(max(target.over_time) for target in result.targets)
    before = {target.name: target for target in result.before.targets} if result.before else {}
    rows = (_row(target, before.get(target.name), longest, highest) for target in result.targets)
    return Sheet(columns=COLUMNS, rows=tuple(rows))


def _row(target: TargetResult, before: TargetResult | None, longest: float, highest: float) -> Row:
    """Return the line of a target; bars and courses of all have the same scale."""
    probes = words.UNKNOWN
    if target.probes_mean is not None:
        probes = f"{target.probes_mean:.2f} ({target.probes_most})"
    return Row(
        cells={
            "name": say(words.clean(target.name), Tone.STRONG),
            "asked": say(_percent(target.asked, 1.0)),
            "before": say(_percent(before.got, 1.0)) if before else EMPTY,
            "got": say(_percent(target.got, 1.0), Tone.STRONG),
            "bar": Cell(bar=Bar(target.got / longest, target.asked / longest)),
            "processors": say(f"{target.processors:.1f}"),
            "started": say(target.machines_started),
            "useless": say(target.machines_useless),
            "failed": say(target.machines_failed),
            "windows": say(target.windows),
            "probes": say(probes),
            "course": say(glyphs.course(_fewer(target.over_time, COURSE_CELLS), highest), Tone.BAR),
        }
    )


def _fewer(values: Sequence[float], count: int) -> list[float]:
    """Return the averages of `count` equal stretches."""
    size = len(values) // count
    return [sum(values[at : at + size]) / size for at in range(0, size * count, size)]


def _chart(result: Result) -> Sheet:
    """Return busy processors as an area: what is blank above it is idle."""
    busy = [result.processors - idle for idle in result.idle_over_time]
    lines = glyphs.area(busy, result.processors, CHART_LINES)
    marks = {0: f"{result.processors}", CHART_LINES - 1: "0"}
    rows = [_line(marks.get(number, ""), line) for number, line in enumerate(lines)]
    return Sheet(columns=CHART, rows=(*rows, _line("", _axis(result.hours, len(busy)), Tone.FAINT)))


def _line(mark: str, drawn: str, tone: Tone = Tone.BAR) -> Row:
    return Row(cells={"mark": say(mark, Tone.FAINT), "course": say(drawn, tone)})


def _axis(hours: float, cells: int) -> str:
    """Return the hours below a chart, each where it stands."""
    text = ""
    for mark in range(MARKS):
        text = text.ljust(mark * cells // MARKS) + f"{hours * mark / MARKS:g}h"
    end = f"{hours:g}h"
    return text.ljust(cells - len(end)) + end
