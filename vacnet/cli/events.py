"""`vacnet events`: what happened in the factory of this host, all of it or what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import happenings, output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking

if TYPE_CHECKING:
    from vacnet.factory.client import Client, EventState


def events(
    *names: str,
    target: str = "",
    machine: str = "",
    level: Literal["info", "warning"] = "info",
    since: str = "",
    follow: Annotated[bool, Parameter(name=["--follow", "-f"])] = False,
    tail: Annotated[int | None, Parameter(validator=Number(gte=0))] = None,
    full: bool = False,
    asking: Asking = DEFAULT,
) -> None:
    """Show what happened in this factory: machines, peers, settings, orders, warnings.

    One event, one line; `!` marks a warning. The record keeps the last 20,000,
    and none older than 30 days; docs/events.md lists the names. Exit code 0 also
    when there is none: stderr says so; 66 if nobody knows that target or machine.

    Example: vacnet events --level warning --since 24h

    Example: vacnet events 'machine.*' --target lhcb-prod -f

    Args:
        names: Only events of these names; * stands for anything.
        target: Only what bears this target.
        machine: Only what bears this machine, by name or id.
        level: `warning` leaves out all but warnings.
        since: Begin there: 2h, 18:00 (the last one), 2026-11-24T18:00.
        follow: Go on with what comes, until Ctrl-C.
        tail: Show only this many of the last ones [default: 100; all with --since].
        full: Show events whole, also where they take more than three lines of the terminal.
        asking: Whom to ask and how to print.
    """
    if tail == 0 and not follow:
        raise CommandError(happenings.NOTHING_ASKED, Exit.WRONG_USE)
    begin = _begin(since)
    wanted = happenings.Wanted(
        target=target, machine=machine, names=names, warnings=level == "warning", since=begin
    )
    shown = tail if tail is not None else happenings.SHOWN if not since else happenings.ALL_OF_THEM
    client = output.client_for(asking)
    found = happenings.events(client, wanted, shown, follow=follow)
    happenings.show(_or_why_none(found, client, wanted), asking, full=full)


def _or_why_none(
    found: Iterable[EventState], client: Client, wanted: happenings.Wanted
) -> Iterator[EventState]:
    """Yield what was found, or say why that is nothing."""
    some = False
    for event in found:
        some = True
        yield event
    if not some:
        from vacnet.cli.no_events import why  # late: few ask in vain

        output.tell(why(client, wanted))


def _begin(since: str) -> float:
    if not since:
        return 0.0
    from vacnet.cli.history import since_seconds  # late: few ask for it

    return since_seconds(since)
