"""`vacnet why`: why a target is or is not started here, at a glance, or as a proof for a pencil."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.targets import nearest_told

if TYPE_CHECKING:
    from vacnet.factory.client import Client

COLUMNS = 100
"""Where the width of the terminal is not known: prose is read best in lines of about so many."""


def why(target: str = "", /, *, full: bool = False, at: str = "", asking: Asking = DEFAULT) -> None:
    """Say why this factory does or does not start a machine now, and what helps; with --full, prove it.

    What settles it stands first, with the numbers that it stands on. The proof has
    them all: who runs what, windows, tickets, shares. Without a target, one for each.

    Example: vacnet why lhcb-prod

    Example: vacnet why lhcb-prod --at 03:10

    Args:
        target: Name of the target.
        full: The whole proof: every number beside those that it was made of.
        at: A moment gone by: 03:10, 2h (ago) or 2026-11-24T03:10. The record keeps some days.
        asking: Whom to ask and how to print.
    """
    client = output.client_for(asking)
    if at:
        _past(client, target, at, asking)
    else:
        for each in [target] if target else [one.name for one in client.space().targets]:
            _now(client, each, asking, full=full)


def _now(client: Client, target: str, asking: Asking, *, full: bool) -> None:
    from vacnet.console.why_brief import answer  # late: see output
    from vacnet.console.why_words import proof

    with nearest_told(client, target):
        state = client.why(target)
    if asking.json:
        output.print_json(state)
    else:
        print((proof if full else answer)(state.why, _width()), end="\n\n")


def _past(client: Client, target: str, at: str, asking: Asking) -> None:
    from datetime import datetime  # late: only here

    from vacnet.cli.moment import past_moment
    from vacnet.console.why_words import past

    try:
        now = datetime.now().astimezone()
        moment = past_moment(at, now)
    except ValueError as error:
        raise CommandError(f"--at {error}", Exit.WRONG_USE) from error
    meant = datetime.fromtimestamp(moment).astimezone()
    if meant.date() != now.date():  # a time of day still to come is that of the day before
        output.tell(f"vacnet: {at} is taken as {meant:%Y-%m-%d %H:%M}")
    state = client.decision(int(moment))
    if asking.json:
        output.print_json(state)
    else:
        print(past(state, target, _width()))


def _width() -> int:
    return shutil.get_terminal_size((COLUMNS, 24)).columns
