"""`vacnet logs`: what a machine wrote to its console, or what happened in the factory.

Rules of this file: a machine's output is its own, byte for byte, for a file or a pipe; on a terminal
what could act on it (escape sequences) is shown escaped. With `--json` each line is one document.
Following survives nothing by itself: when the factory ends, so does the command, and says so.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking

if TYPE_CHECKING:
    from vacnet.factory.client import Client, EventState

EVENTS_SHOWN = 100
"""Of the factory's events, when no `--tail` is given."""

_NOTHING_ASKED = "--tail 0 shows nothing; give 1 or more, or leave it out (`-f --tail 0` shows what comes)"
_NO_EVENTS = "no events are in the record"
_Thing = TypeVar("_Thing")

EVENTS_AT_ONCE = 1000
POLL_SECONDS = 1.0


def logs(
    machine: str | None = None,
    /,
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"])] = False,
    tail: Annotated[int | None, Parameter(validator=Number(gte=0))] = None,
    full: bool = False,
    asking: Asking = DEFAULT,
) -> None:
    """Show what a machine wrote to its console; without a machine, the events of the factory.

    Example: vacnet logs vac01-03.example.org --tail 50 -f

    Args:
        machine: Name (the latest of that name) or id, as `vacnet machines` shows them.
        follow: Go on with what comes, until the machine has ended or Ctrl-C.
        tail: Show only this many of the last lines or events.
        full: Show events whole, also where they take more than three lines of the terminal.
        asking: Whom to ask and how to print.
    """
    client = output.client_for(asking)
    if tail == 0 and not (follow and machine is None):
        raise CommandError(_NOTHING_ASKED, Exit.WRONG_USE)
    if machine is None:
        shown = EVENTS_SHOWN if tail is None else tail
        events = _told_if_none(_events(client, shown, follow=follow), _NO_EVENTS)
        _print_events(events, asking, full=full)
    else:
        words = f"{machine} has written nothing to its console{'' if follow else ' yet'}"
        _print_log(machine, _told_if_none(client.log(machine, tail=tail or 0, follow=follow), words), asking)


def _told_if_none(things: Iterator[_Thing], words: str) -> Iterator[_Thing]:
    """Yield all things, or say that there is none: silence might as well be a fault."""
    some = False
    for thing in things:
        some = True
        yield thing
    if not some:
        output.tell(words)


def _print_log(machine: str, chunks: Iterator[bytes], asking: Asking) -> None:
    if asking.json:
        for line in _lines(chunks):
            output.print_json({"schema": 1, "machine": machine, "line": line})
    elif sys.stdout.isatty():
        _print_shown(chunks)
    else:
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()


def _print_shown(chunks: Iterator[bytes]) -> None:
    from vacnet.console.words import clean  # late: only a terminal needs it

    for line in _lines(chunks):
        print(clean(line.rstrip("\r").expandtabs()))


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield whole lines as text; what is no UTF-8 shows as its bytes."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "backslashreplace") for line in whole)
    if rest:
        yield rest.decode("utf-8", "backslashreplace")


def _events(client: Client, tail: int, *, follow: bool) -> Iterator[EventState]:
    """Yield the last events, then (following) each as it comes; serials tell which are new."""
    known = _all_events(client)
    yield from known[len(known) - tail if tail < len(known) else 0 :]
    serial = known[-1].serial if known else 0
    while follow:
        time.sleep(POLL_SECONDS)
        for event in client.events(after=serial, limit=EVENTS_AT_ONCE).events:
            serial = event.serial
            yield event


def _all_events(client: Client) -> list[EventState]:
    events: list[EventState] = []
    while page := client.events(after=events[-1].serial if events else 0, limit=EVENTS_AT_ONCE).events:
        events.extend(page)
    return events


def _print_events(events: Iterator[EventState], asking: Asking, *, full: bool) -> None:
    if asking.json:
        for event in events:
            output.print_json({"schema": 1, "event": event})
    else:
        _print_event_lines(events, asking, full=full)


def _print_event_lines(events: Iterator[EventState], asking: Asking, *, full: bool) -> None:
    from vacnet.console import tables  # late: see output
    from vacnet.console.events_view import event_line

    console = tables.console_for()
    for event in events:
        tables.print_line(event_line(event), console, ascii_signs=asking.ascii, full=full)
