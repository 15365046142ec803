"""`vacnet machines`: the machines of this host's factory, or of another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.patience import Waiting
from vacnet.cli.remote import HERE, Remote, refuse_unused

if TYPE_CHECKING:
    from vacnet.factory.client import Machines

ALL_ENDED = 10_000
"""As many as the control socket gives at once."""
PATIENCE_SECONDS = 60.0
"""For an answer that is asked for page by page: the factory here gives up long before if none comes."""


def machines(
    *,
    every: Annotated[bool, Parameter(name="--all")] = False,
    ended: Annotated[int, Parameter(validator=Number(gte=0, lte=ALL_ENDED))] = 0,
    factory: str | None = None,
    remote: Remote = HERE,
    asking: Asking = DEFAULT,
) -> None:
    """List the machines of this host's factory, or of another (--factory, --peer).

    With --factory the one here asks the other over the network; with --peer none
    is needed here, and a key of either role will do.

    The kinds are VM, DC (docker), SC (apptainer) and PR (process). `cpu` is the
    CPU efficiency over its life, `recent` that of the last minutes; 100% is all
    of its processors.

    Example: vacnet machines --ended 20

    Example: vacnet machines --factory vac02.example.org

    Example: vacnet machines --peer vac02.example.org --key observe.key

    Args:
        every: Show all ended machines that the record still keeps, too.
        ended: Show this many of the machines that ended last, too.
        factory: Name of another factory, or its first label; the one of this host asks it.
        remote: Whom to ask over the network, in place of this host's factory.
        asking: Whom to ask and how to print.
    """
    from vacnet.console.machines_view import machines_view  # late: see output

    with Waiting(f"asking {factory or 'the factory'}"):
        answer = _asked(factory, ALL_ENDED if every else ended, remote, asking)
    output.show(answer, lambda state: machines_view(state, time.time()), asking)


def _asked(factory: str | None, ended: int, remote: Remote, asking: Asking) -> Machines:
    if factory is not None and remote.peer:
        raise CommandError("--factory and --peer both say whom to ask: give one of them", Exit.WRONG_USE)
    if factory == "":
        raise CommandError("--factory is empty; `vacnet factories` lists all", Exit.WRONG_USE)
    refuse_unused(remote)
    if remote.peer:
        return _from_afar(remote, ended, asking)
    if factory is not None:
        return output.client_for(asking, PATIENCE_SECONDS).machines_of(factory, ended)
    return output.client_for(asking).machines(ended)


def _from_afar(remote: Remote, ended: int, asking: Asking) -> Machines:
    from vacnet.cli import inquiring  # late: needs the rules of gossip
    from vacnet.cli.remote import access

    return inquiring.machines(access(remote, asking.config), ended)
