"""`vacnet space`: the whole space at a glance, live on a terminal, once elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.remote import HERE, Remote

if TYPE_CHECKING:
    from vacnet.cli.looking import Looker
    from vacnet.cli.remote import Access
    from vacnet.cli.space_wait import Shows
    from vacnet.factory.client import SpaceState

PATIENCE_SECONDS = 2.0
"""A live picture says after this long that the factory does not answer, and keeps trying."""


def space(
    *,
    once: bool = False,
    write: bool = False,
    until: Literal["drained", "idle"] | None = None,
    timeout: Annotated[float, Parameter(validator=Number(gte=0))] | None = None,
    remote: Remote = HERE,
    asking: Asking = DEFAULT,
) -> None:
    """Show the whole space: targets with their shares and outcomes, factories with their load.

    On a terminal it is renewed each second until q or Ctrl-C; elsewhere it is printed once.
    With --peer no factory is needed here: any member is asked, and an observe key suffices.

    With --until it waits and prints the space when that is so: `idle` when no
    machine runs anywhere, `drained` when the factories that drain have none left.
    Exit codes then: 0 so it is, 75 not within --timeout, 1 no factory drains.
    It goes by what factories tell; `vacnet drain --wait` asks one host's engines.

    Example: vacnet space --once | mail -s "how the space is" admin

    Example: vacnet space --until drained --timeout 3600 && echo "all that drain are empty"

    Example: vacnet space --peer vac01.example.org --key observe.key --name example

    Args:
        once: Print it once and end, also on a terminal.
        until: Wait for this, saying on stderr what is left, then print it once.
        write: Let the screen give orders (hold, drain, stop), each with a reason; else it only reads.
        timeout: Wait no longer than so many seconds.
        remote: Whom to ask over the network, in place of this host's factory.
        asking: Whom to ask and how to print.
    """
    if timeout is not None and until is None:
        raise CommandError("--timeout is for --until: without it nothing waits", Exit.WRONG_USE)
    if _on_screen() and not once and not until and not asking.json:
        _watch(remote, asking, write=write)
        return
    with _asked(remote, asking) as client:
        if until:
            from vacnet.cli.space_wait import wait_for

            _print(wait_for(client, until, timeout), asking)
            return
        _print(client.space(), asking)


def _print(answer: SpaceState, asking: Asking) -> None:
    from vacnet.console.space_view import space_view  # late: see output

    output.show(answer, lambda state: space_view(state, time.time()), asking)


def _on_screen() -> bool:
    """Return whether there is a terminal for a screen, and a keyboard."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _watch(remote: Remote, asking: Asking, *, write: bool) -> None:
    from vacnet.cli.dashboard import open_dashboard  # late: only a screen needs it
    from vacnet.console.tables import knows_unicode

    ascii_signs = asking.ascii or not knows_unicode(sys.stdout)
    if not remote.peer:
        open_dashboard(output.client_for(asking, PATIENCE_SECONDS), write=write, ascii_signs=ascii_signs)
        return
    from vacnet.cli.onlooker import Observed  # late: needs the rules of gossip

    with _looking(remote, asking, PATIENCE_SECONDS) as (looker, way):
        open_dashboard(Observed(looker, way), write=write, ascii_signs=ascii_signs)


@contextmanager
def _asked(remote: Remote, asking: Asking) -> Iterator[Shows]:
    if not remote.peer:
        yield output.client_for(asking)
        return
    with _looking(remote, asking, output.PATIENCE_SECONDS) as (looker, _):
        yield looker


@contextmanager
def _looking(remote: Remote, asking: Asking, patience_seconds: float) -> Iterator[tuple[Looker, Access]]:
    from vacnet.cli.looking import Looker  # late: needs the rules of gossip
    from vacnet.cli.remote import access

    way = access(remote, asking.config)
    with Looker(way.key, way.space, way.addresses, patience_seconds) as looker:
        yield looker, way
