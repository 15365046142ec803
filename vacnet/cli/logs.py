"""`vacnet logs`: what a machine wrote to its console, or what happened in the factory.

Rules of this file: a machine's output is its own, byte for byte, for a file or a pipe; on a terminal
what could act on it (escape sequences) is shown escaped. With `--json` each line is one document.
Events are `happenings`, as for `vacnet events`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import elsewhere, happenings, output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking


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

    `vacnet events` is the same for events, with filters.

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
        raise CommandError(happenings.NOTHING_ASKED, Exit.WRONG_USE)
    if machine is None:
        shown = happenings.SHOWN if tail is None else tail
        events = happenings.events(client, happenings.ALL, shown, follow=follow)
        happenings.show(happenings.told_if_none(events, happenings.NO_EVENTS), asking, full=full)
    else:
        words = f"{machine} has written nothing to its console{'' if follow else ' yet'}"
        chunks = client.log(machine, tail=tail or 0, follow=follow)
        with elsewhere.explained(client, machine, f"logs {machine}"):
            _print_log(machine, happenings.told_if_none(chunks, words), asking)


def _print_log(machine: str, chunks: Iterator[bytes], asking: Asking) -> None:
    if asking.json:
        from vacnet.cli.answers import LogLine  # late: see output

        for line in _lines(chunks):
            output.print_json(LogLine(machine=machine, line=line))
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
