"""The events of a factory for commands: those that are asked for, the last of them, then each as it comes.

Rules of this file: `vacnet events` and `vacnet logs` without a machine are this one code. The record is read
page by page from its beginning; serials tell which events are new. Following survives nothing by itself: when
the factory ends, so does the command, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from vacnet.cli import output
from vacnet.cli.options import Asking

if TYPE_CHECKING:
    from vacnet.factory.client import Client, EventState

SHOWN = 100
"""When no `--tail` is given."""
ALL_OF_THEM = 1 << 30
AT_ONCE = 1000
POLL_SECONDS = 1.0

NO_EVENTS = "no events are in the record"
NOTHING_ASKED = "--tail 0 shows nothing; give 1 or more, or leave it out (`-f --tail 0` shows what comes)"

_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events are asked for; what is empty lets all pass."""

    target: str = ""
    machine: str = ""
    """Name or id."""
    names: tuple[str, ...] = ()
    """Patterns such as `machine.*`, one of which has to fit."""
    warnings: bool = False
    since: float = 0.0
    """Unix seconds."""

    def has(self, event: EventState) -> bool:
        """Tell whether an event is one of them."""
        fields = event.fields
        return (
            event.time >= self.since
            and (event.warning or not self.warnings)
            and self.target in {"", fields.get("target")}
            and self.machine in {"", fields.get("machine"), fields.get("id")}
            and (not self.names or any(fnmatchcase(event.name, name) for name in self.names))
        )


ALL = Wanted()


def events(client: Client, wanted: Wanted, tail: int, *, follow: bool) -> Iterator[EventState]:
    """Yield the last events that are wanted, then (following) each as it comes."""
    serial, known = 0, []
    for event in recorded(client):
        serial = event.serial
        known += [event] if wanted.has(event) else []
    yield from known[len(known) - tail if tail < len(known) else 0 :]
    while follow:
        time.sleep(POLL_SECONDS)
        for event in client.events(after=serial, limit=AT_ONCE).events:
            serial = event.serial
            if wanted.has(event):
                yield event


def recorded(client: Client) -> Iterator[EventState]:
    """Yield every event of the record, oldest first."""
    serial = 0
    while page := client.events(after=serial, limit=AT_ONCE).events:
        yield from page
        serial = page[-1].serial


def told_if_none(things: Iterable[_Thing], words: str) -> Iterator[_Thing]:
    """Yield all things, or say that there is none: silence might as well be a fault."""
    some = False
    for thing in things:
        some = True
        yield thing
    if not some:
        output.tell(words)


def show(told: Iterable[EventState], asking: Asking, *, full: bool) -> None:
    """Print each event as it comes, as a line or as a document."""
    if asking.json:
        from vacnet.cli.answers import EventLine  # late: see output

        for event in told:
            output.print_json(EventLine(event=event))
    else:
        _show_lines(told, asking, full=full)


def _show_lines(told: Iterable[EventState], asking: Asking, *, full: bool) -> None:
    from vacnet.console import tables  # late: see output
    from vacnet.console.events_view import event_line

    console = tables.console_for()
    for event in told:
        tables.print_line(event_line(event), console, ascii_signs=asking.ascii, full=full)
