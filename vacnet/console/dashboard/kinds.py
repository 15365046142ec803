"""What the four panes show: for each kind of thing its columns, its orders and how one becomes a row.

Rules of this file: values and pure functions, made of the same cells as the tables of the commands, so that
a word means the same in both. A row is made when it is seen: of a thousand factories forty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from vacnet.console import events_view, factory_cells, machines_view, target_cells, words
from vacnet.console.dashboard import happenings
from vacnet.console.dashboard.listing import Listing, Order
from vacnet.console.model import Cell, Column, Row, Span, Tone, say
from vacnet.factory.client import EventState, FactoryState, MachineState, TargetState

TARGET_COLUMNS = (
    Column(key="name"),
    Column(key="share", title="share", right=True),
    Column(key="got", title="got", right=True),
    Column(key="bar", width=8, width_wide=16),
    Column(key="running", title="run", right=True),
    Column(key="starting", title="start", right=True, leaves=3),
    Column(key="outcomes", title="outcomes, newest right", short="outcomes", newest_right=True, width=24),
    Column(key="state", title="state", below=True, width=14),
)
FACTORY_COLUMNS = (
    Column(key="name"),
    Column(key="processors", title="procs", right=True),
    Column(key="bar", width=8, width_wide=16, leaves=5),
    Column(key="load", title="load", right=True),
    Column(key="memory", title="mem free", right=True, leaves=6),
    Column(key="disk", title="disk free", right=True, leaves=7),
    Column(key="running", title="run", right=True),
    Column(key="starting", title="start", right=True, leaves=4),
    Column(key="heard", title="heard", right=True),
    Column(key="note", title="note", leaves=1, below=True, width=12),
)
EVENT_COLUMNS = (
    Column(key="time"),
    Column(key="event", title="event"),
    Column(key="what", title="what", below=True, width=20),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a row needs to know besides its thing."""

    now: float
    """Unix seconds."""
    late_seconds: float = 0.0
    """How old the answer is."""
    scale: float = 1.0
    """Of the bars of targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One pane's things."""

    name: str
    title: str
    columns: tuple[Column, ...]
    row_of: Callable[[Any, Moment], Row]
    words_of: Callable[[Any], str]
    """What it is and how, whole, for the line below: a narrow pane has to leave out much."""
    name_of: Callable[[Any], str]
    """What `c` copies and commands take."""
    empty: str
    listing: Callable[[], Listing[Any]]


def _target_row(target: TargetState, moment: Moment) -> Row:
    return target_cells.row_of(target, moment.scale, moment.late_seconds)


def _factory_row(factory: FactoryState, moment: Moment) -> Row:
    return factory_cells.row_of(factory, moment.late_seconds)


def _machine_row(machine: MachineState, moment: Moment) -> Row:
    return machines_view.row_of(machine, moment.now)


def _event_row(event: EventState, _moment: Moment) -> Row:
    cells = {
        "time": say(words.clock(event.time), Tone.FAINT),
        "event": Cell(
            (Span("! " if event.warning else "  ", Tone.WARN), Span(words.clean(event.name), Tone.STRONG))
        ),
        "what": say(happenings.words_of(event)),
    }
    return Row(cells=cells, notable=event.warning)


def _target_words(target: TargetState) -> str:
    state = target_cells.state_of(target).text
    here = target.here if target.here not in state else ""
    return f"{target.name}: {'; here: '.join(filter(None, (state, here)))}"


def _factory_words(factory: FactoryState) -> str:
    cells = factory_cells.row_of(factory, 0.0).cells
    mood = factory_cells.mood_of(factory).name
    note, meaning = cells["note"].text or mood, cells["meaning"].text
    told = (
        note,
        meaning if mood != "live" and meaning not in note else "",
        f"at {factory.address}" if factory.address else "",
        f"vacnet {factory.version}" if factory.version else "",
    )
    return f"{factory.name}: {'; '.join(dict.fromkeys(filter(None, told)))}"


def _machine_words(machine: MachineState) -> str:
    told = (f"{machine.name} on {machine.factory}", f"id {machine.id}", machine.message)
    return "; ".join(filter(None, told))


def _factory_text(factory: FactoryState) -> str:
    mood = factory_cells.mood_of(factory).name
    return f"{factory.name} {mood} {factory.note} {factory.version} {factory.address}"


def _machine_text(machine: MachineState) -> str:
    what = f"{machine.name} {machine.target} {machine.state} {machine.kind}"
    return f"{what} {machine.id} {machine.message} {machine.factory}"


def _last_ago(target: TargetState) -> float:
    return target.last_ago_seconds if target.last_ago_seconds is not None else float("inf")


def _rising(name: str, of: Callable[[Any], Any]) -> Order[Any]:
    """Return an order that begins with the least; of what is alike in it names decide."""
    return Order(name, lambda thing: (of(thing), thing.name))


def _falling(name: str, of: Callable[[Any], float]) -> Order[Any]:
    """Return an order that begins with the most."""
    return _rising(name, lambda thing: -of(thing))


_BY_NAME: Order[Any] = Order("name", lambda thing: thing.name)


TARGETS = Kind(
    name="targets",
    title="Targets",
    columns=TARGET_COLUMNS,
    row_of=_target_row,
    words_of=_target_words,
    name_of=lambda target: target.name,
    empty="No targets: add [targets.NAME] or [pipes.PREFIX] to vacnet.toml, then `vacnet config check`.",
    listing=lambda: Listing(
        orders=(
            _falling("share", lambda target: target.share),
            _BY_NAME,
            _falling("got", lambda target: target.got),
            _falling("running", lambda target: target.machines_running),
            _rising("last outcome", _last_ago),
            _rising("state", lambda target: target.state),
        ),
        id_of=lambda target: target.name,
        text_of=lambda target: f"{target.name} {target.state} {target.words} {target.model}",
    ),
)
FACTORIES = Kind(
    name="factories",
    title="Factories",
    columns=FACTORY_COLUMNS,
    row_of=_factory_row,
    words_of=_factory_words,
    name_of=lambda factory: factory.name,
    empty="No factories are known yet.",
    listing=lambda: Listing(
        orders=(
            _rising("trouble, name", factory_cells.rank_of),
            _BY_NAME,
            _falling("free processors", lambda factory: factory.processors_free),
            _falling("load", lambda factory: factory.load),
            _falling("running", lambda factory: factory.machines_running),
            _falling("heard", lambda factory: factory.heard_seconds or 0.0),
        ),
        id_of=lambda factory: factory.name,
        text_of=_factory_text,
    ),
)
MACHINES = Kind(
    name="machines",
    title="Machines",
    columns=(Column(key="name"), *machines_view.COLUMNS[1:]),
    row_of=_machine_row,
    words_of=_machine_words,
    name_of=lambda machine: machine.name,
    empty="No machines. `w` on a target says why none starts.",
    listing=lambda: Listing(
        orders=(
            Order("created", lambda machine: machine.created),
            _BY_NAME,
            _rising("target", lambda machine: machine.target),
            _rising("state", lambda machine: machine.state),
            _rising("cpu", lambda machine: machine.cpu_efficiency or 0.0),
            _falling("memory", lambda machine: machine.memory_bytes),
        ),
        id_of=lambda machine: f"{machine.factory} {machine.id}",
        text_of=_machine_text,
    ),
)
EVENTS = Kind(
    name="events",
    title="Decisions and events",
    columns=EVENT_COLUMNS,
    row_of=_event_row,
    words_of=lambda event: f"{event.name}: {happenings.words_of(event)}",
    name_of=lambda event: str(event.fields.get("machine") or event.fields.get("target") or event.name),
    empty="Nothing has happened yet.",
    listing=lambda: Listing(
        orders=(Order("time", lambda event: event.time),),
        id_of=lambda event: f"{event.time} {event.serial} {event.name}",
        text_of=lambda event: f"{'!' if event.warning else ''}{event.name} {events_view.fields_of(event)}",
        follows=True,
    ),
)
KINDS = {kind.name: kind for kind in (TARGETS, FACTORIES, MACHINES, EVENTS)}


def as_json(thing: object) -> str:
    """Return all that is known of a thing, as the control socket tells it."""
    return msgspec.json.format(msgspec.json.encode(thing), indent=2).decode()
