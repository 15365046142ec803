"""`vacnet space`: the whole space at a glance, live on a terminal, once elsewhere."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.dashboard import open_dashboard
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.remote import HERE, Remote, refuse_unused
from vacnet.cli.whom import asked, looking
from vacnet.targets.address import EXPECTED, endpoint

if TYPE_CHECKING:
    from vacnet.factory.client import SpaceState

PACE, PACE_MAX = 10.0, 3600.0
PATIENCE_SECONDS = 2.0
"""A live picture says after this long that the factory does not answer, and keeps trying."""


def space(
    *,
    once: bool = False,
    write: bool = False,
    simulate: Path | None = None,
    pace: Annotated[float, Parameter(validator=Number(gt=0, lte=PACE_MAX))] = PACE,
    web: bool = False,
    listen: str = "127.0.0.1:8884",
    until: Literal["drained", "idle"] | None = None,
    timeout: Annotated[float, Parameter(validator=Number(gte=0))] | None = None,
    remote: Remote = HERE,
    asking: Asking = DEFAULT,
) -> None:
    """Show the whole space: targets with their shares and outcomes, factories with their load.

    On a terminal it fills the screen until q or Ctrl-C: ? shows the keys, Enter
    goes in, w says why, t goes back in time. Elsewhere it is printed once. It only
    reads unless --write. With --peer no factory is needed here: any member is
    asked, and an observe key suffices.

    With --simulate the space is that of a scenario (docs/simulate.md), and --pace
    seconds go by in one. `vacnet simulate` runs it to its end and prints figures;
    this shows it as an admin would see it. Up to 60 factories it is real agents; of
    more, a sketch of them that is decided in one place.

    With --web a browser shows the same screen: on this host alone unless --listen
    says otherwise. Whoever reaches that address needs no password: put a proxy
    before it that asks for one.

    With --until it waits and prints the space when that is so: `idle` when no
    machine runs anywhere, `drained` when the factories that drain have none left.
    Exit codes then: 0 so it is, 75 not within --timeout, 1 no factory drains.
    It goes by what factories tell; `vacnet drain --wait` asks one host's engines.

    Example: vacnet space

    Example: vacnet space --simulate conf/scenarios/queue-empties.toml --pace 60

    Example: vacnet space --once | mail -s "how the space is" admin

    Example: vacnet space --until drained --timeout 3600 && echo "all that drain are empty"

    Example: vacnet space --peer vac01.example.org --key observe.key --name example

    Args:
        once: Print it once and end, also on a terminal.
        until: Wait for this, saying on stderr what is left, then print it once.
        write: Let the screen give orders (hold, drain, stop), each with a reason; else it only reads.
        simulate: Show the space of this scenario instead.
        pace: So many simulated seconds go by in one.
        web: Show it to browsers instead, until Ctrl-C.
        listen: Where to listen for them: host:port, or [IPv6]:port.
        timeout: Wait no longer than so many seconds.
        remote: Whom to ask over the network, in place of this host's factory.
        asking: Whom to ask and how to print.
    """
    refuse_unused(remote)
    if pace != PACE and simulate is None:
        raise CommandError("--pace is for --simulate: a real space has its own", Exit.WRONG_USE)
    if timeout is not None and until is None:
        raise CommandError("--timeout is for --until: without it nothing waits", Exit.WRONG_USE)
    if web:
        _serve(listen, _words(simulate, pace, remote, asking), write=write)
        return
    if simulate is not None:
        _simulate(simulate, pace, asking)
        return
    if _on_screen() and not once and not until and not asking.json:
        _watch(remote, asking, write=write)
        return
    with asked(remote, asking) as client:
        if until:
            from vacnet.cli.space_wait import wait_for

            _print(wait_for(client, until, timeout), asking)
            return
        _print(client.space(), asking)


def _print(answer: SpaceState, asking: Asking) -> None:
    from vacnet.console.space_view import space_view  # late: see output

    output.show(answer, lambda state: space_view(state, time.time()), asking)


def _on_screen() -> bool:
    """Return whether there is a terminal for a screen, and a keyboard; a browser is one, too."""
    streams = (sys.stdin, sys.stdout)  # None: the shell has closed it
    return "TEXTUAL_DRIVER" in os.environ or all(stream and stream.isatty() for stream in streams)


def _whom(asking: Asking) -> tuple[str, ...]:
    """Return the options that say which factory of this host is asked."""
    given = {"--socket": asking.socket, "--config": asking.config}
    return tuple(part for name, value in given.items() if value is not None for part in (name, str(value)))


def _serve(listen: str, words: list[str], *, write: bool) -> None:
    if write:
        raise CommandError("--web takes no --write: a browser has no password here", Exit.WRONG_USE)
    found = endpoint(listen)
    if found is None:
        raise CommandError(f"--listen {listen!r} is not {EXPECTED}", Exit.WRONG_USE)
    try:
        from vacnet.cli.web import serve  # late: a web server, of the extra `web`
    except ImportError as error:
        told = f"--web needs the extra `web` ({error}): install vacnet[web]"
        raise CommandError(told, Exit.NO_DAEMON) from error
    serve(*found, words)


def _words(simulate: Path | None, pace: float, remote: Remote, asking: Asking) -> list[str]:
    """Return the command that each visitor's process runs."""
    given: dict[str, object | None] = {
        "--key": remote.key,
        "--name": remote.name or None,
        "--socket": asking.socket,
        "--config": asking.config,
        "--simulate": simulate,
        "--pace": pace if simulate else None,
    }
    options = [part for name, value in given.items() if value is not None for part in (name, str(value))]
    return ["space", *(part for peer in remote.peer for part in ("--peer", peer)), *options]


def _watch(remote: Remote, asking: Asking, *, write: bool) -> None:
    from vacnet.console.tables import knows_unicode

    ascii_signs = asking.ascii or not knows_unicode(sys.stdout)
    if not remote.peer:
        client = output.client_for(asking, PATIENCE_SECONDS)
        open_dashboard(client, write=write, ascii_signs=ascii_signs, asked=_whom(asking))
        return
    from vacnet.cli.onlooker import Observed  # late: needs the rules of gossip

    with looking(remote, asking, PATIENCE_SECONDS) as (looker, way):
        open_dashboard(Observed(looker, way), write=write, ascii_signs=ascii_signs)


def _simulate(scenario: Path, pace: float, asking: Asking) -> None:
    from vacnet.cli.simulated import Simulated, site_of, watched  # late: only here
    from vacnet.console.tables import knows_unicode

    site = site_of(scenario)
    if not _on_screen():
        raise CommandError("--simulate fills a terminal; for figures use `vacnet simulate`", Exit.WRONG_USE)
    with Simulated(site, watched(site, 0), pace) as source:
        ascii_signs = asking.ascii or not knows_unicode(sys.stdout)
        open_dashboard(source, write=False, ascii_signs=ascii_signs, clock=source.clock)
