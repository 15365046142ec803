"""`vacnet machines`: the machines of this host's factory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.remote import HERE, Remote

if TYPE_CHECKING:
    from vacnet.factory.client import Machines

ALL_ENDED = 10_000
"""As many as the control socket gives at once."""


def machines(
    *,
    every: Annotated[bool, Parameter(name="--all")] = False,
    ended: Annotated[int, Parameter(validator=Number(gte=0))] = 0,
    remote: Remote = HERE,
    asking: Asking = DEFAULT,
) -> None:
    """List the machines of this host's factory; with --peer, of another.

    The kinds are VM, DC (docker), SC (apptainer) and PR (process). `cpu` is the
    CPU efficiency over its life, `recent` that of the last minutes; 100% is all
    of its processors.

    Example: vacnet machines --ended 20

    Example: vacnet machines --peer vac02.example.org

    Args:
        every: Show all ended machines that the record still keeps, too.
        ended: Show this many of the machines that ended last, too.
        remote: Whom to ask over the network, in place of this host's factory.
        asking: Whom to ask and how to print.
    """
    from vacnet.console.machines_view import machines_view  # late: see output

    count = ALL_ENDED if every else ended
    answer = (
        _from_afar(remote, count, asking) if remote.peer else output.client_for(asking).machines(ended=count)
    )
    output.show(answer, lambda state: machines_view(state, time.time()), asking)


def _from_afar(remote: Remote, ended: int, asking: Asking) -> Machines:
    from vacnet.cli import inquiring  # late: needs the rules of gossip
    from vacnet.cli.remote import access

    return inquiring.machines(access(remote, asking.config), ended)
