"""The machines of one factory: `vacnet machines`, with the columns of `vac machines` and their words.

Rules of this file: CPU efficiency is CPU time by wall time and processors, so 100% is all of them at
any size of machine (Vac did not divide); unknown efficiency is `-`, never 0. What ended is told by
the outcome it was counted as and by its message, marked where vacnet had to write it. On a terminal a long
message is cut; it is whole in a file, with `--json` and in `vacnet logs --full`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from vacnet import quantities
from vacnet.console import freshness, words
from vacnet.console.model import Cell, Column, Row, Sheet, Span, Tone, View, say
from vacnet.console.target_cells import OUTCOMES
from vacnet.factory.client import Machines, MachineState

COLUMNS = (
    Column(key="name", title="MACHINE"),
    Column(key="target", title="target"),
    Column(key="state", title="state"),
    Column(key="processors", title="procs", right=True, leaves=1),
    Column(key="kind", title="kind", leaves=2),
    Column(key="ran", title="ran", right=True),
    Column(key="efficiency", title="cpu", right=True),
    Column(key="recent", title="recent", right=True, leaves=4),
    Column(key="memory", title="memory", right=True, leaves=5),
    Column(key="left", title="left", right=True, leaves=3),
    Column(key="message", title="last message", leaves=6, below=True, width=20, lines_max=2),
    Column(key="id", title="id", leaves=9),
)
WITH_ENDED = (
    COLUMNS[0],
    Column(key="id", title="id", whole=True),
    Column(key="target", title="target", leaves=10),
    Column(key="state", title="state"),
    Column(key="processors", title="procs", right=True, leaves=5),
    Column(key="kind", title="kind", leaves=6),
    Column(key="ran", title="ran", right=True),
    Column(key="efficiency", title="cpu", right=True),
    Column(key="recent", title="recent", right=True, leaves=8),
    Column(key="memory", title="memory", right=True, leaves=9),
    Column(key="left", title="left", right=True, leaves=7),
    Column(key="message", title="last message", leaves=11, below=True, width=36, lines_max=2),
)
"""Of what has ended the name is another's by now: the id, which has the target in it, is what counts."""

STATES: Mapping[str, Tone] = {
    "created": Tone.PLAIN,
    "starting": Tone.STRONG,
    "running": Tone.GOOD,
    "stopping": Tone.WARN,
    "ended": Tone.FAINT,
}

EFFICIENCY_LOW = 0.2
"""Below this an old machine is marked: it holds processors and hardly uses them."""
EFFICIENCY_MARKED_AFTER_HOURS = 1.0

NONE_THERE = "No machines. `vacnet targets` on its host says why none starts."
NO_MACHINES = "No machines. `vacnet targets` says why none starts; `vacnet machines --all` shows ended ones."


def machines_view(state: Machines, now: float) -> View:
    """Return the view of a factory's machines, `now` in Unix seconds."""
    rows = tuple(row_of(machine, now) for machine in state.machines)
    columns = WITH_ENDED if any(machine.ended is not None for machine in state.machines) else COLUMNS
    return View(
        facts=_facts(state),
        warnings=freshness.staleness(state.factory, state.time, now),
        sheets=(Sheet(columns=columns, rows=rows, empty=NONE_THERE if state.asked_by else NO_MACHINES),),
    )


def _facts(state: Machines) -> tuple[Cell, ...]:
    counts = Counter(machine.state for machine in state.machines)
    return (
        Cell((Span("machines of "), Span(words.clean(state.factory), Tone.STRONG))),
        *(say(f"{counts[name]} {name}") for name in STATES if counts[name]),
        say(f"at {words.clock(state.time)}{_asked(state)}", Tone.FAINT),
    )


def _asked(state: Machines) -> str:
    """Return who asked for it over the network, and how old it was when it came."""
    if not state.asked_by:
        return ""
    return f", asked by {words.clean(state.asked_by)}, {words.age(state.age_seconds)} old"


def row_of(machine: MachineState, now: float) -> Row:
    """Return the row of one machine, `now` in Unix seconds."""
    cells = {
        "name": say(words.clean(machine.name), Tone.STRONG),
        "target": say(words.clean(machine.target)),
        "state": _state(machine),
        "processors": say(machine.processors),
        "kind": say(machine.kind),
        "ran": say(quantities.duration(_ran_seconds(machine, now))),
        "efficiency": _efficiency(machine, machine.cpu_efficiency),
        "recent": _efficiency(machine, machine.cpu_efficiency_recent),
        "memory": say(quantities.size(machine.memory_bytes)),
        "left": say("" if machine.ended is not None else quantities.duration(machine.deadline - now)),
        "message": _message(machine, now),
        "id": say(words.clean(machine.id), Tone.FAINT),
    }
    return Row(cells=cells, mood=machine.state, notable=machine.state != "ended")


def _state(machine: MachineState) -> Cell:
    """Return the state, of what ended with the sign of its outcome."""
    name = Span(machine.state, STATES.get(machine.state, Tone.PLAIN))
    sign = OUTCOMES.get(machine.outcome) if machine.ended is not None else None
    return Cell((name, Span(f" {sign.glyph}", sign.tone)) if sign else (name,))


def _ran_seconds(machine: MachineState, now: float) -> float:
    """Return how long it has run, or for one still starting how long it has been at that."""
    since = machine.created if machine.started is None else machine.started
    until = now if machine.ended is None else machine.ended
    return until - since


def _efficiency(machine: MachineState, efficiency: float | None) -> Cell:
    low = efficiency is not None and efficiency < EFFICIENCY_LOW
    marked = low and machine.hours >= EFFICIENCY_MARKED_AFTER_HOURS
    return say(words.percent(efficiency) + ("!" if marked else ""), Tone.WARN if marked else Tone.PLAIN)


def _message(machine: MachineState, now: float) -> Cell:
    if machine.ended is None:
        return _doing(machine)
    sign = OUTCOMES.get(machine.outcome)
    by_vacnet = ", by vacnet" if machine.by_vacnet else ""
    # The age first: a long message is cut at its end.
    ago = Span(f"{quantities.duration(now - machine.ended)} ago{by_vacnet}: ", Tone.FAINT)
    name = Span(f"{sign.glyph} " if sign else "", sign.tone if sign else Tone.PLAIN)
    return Cell((name, ago, Span(f'"{words.clean(machine.message)}"')))


def _doing(machine: MachineState) -> Cell:
    """Return what an unfinished machine has to show for itself."""
    if machine.message:
        return say(f'"{words.clean(machine.message)}"')
    ticket = f"on ticket {machine.ticket}" if machine.ticket >= 0 and not machine.proven else ""
    return say(ticket, Tone.FAINT)
