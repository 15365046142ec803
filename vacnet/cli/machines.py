"""`vacnet machines`: the machines of this host's factory."""

from __future__ import annotations

import time
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.options import DEFAULT, Asking

ALL_ENDED = 10_000
"""As many as the control socket gives at once."""


def machines(
    *,
    every: Annotated[bool, Parameter(name="--all")] = False,
    ended: Annotated[int, Parameter(validator=Number(gte=0))] = 0,
    asking: Asking = DEFAULT,
) -> None:
    """List the machines of this host's factory.

    The kinds are VM, DC (docker), SC (apptainer) and PR (process). `cpu` is the
    CPU efficiency over its life, `recent` that of the last minutes; 100% is all
    of its processors.

    Example: vacnet machines --ended 20

    Args:
        every: Show all ended machines that the record still keeps, too.
        ended: Show this many of the machines that ended last, too.
        asking: Whom to ask and how to print.
    """
    from vacnet.console.machines_view import machines_view  # late: see output

    answer = output.client_for(asking).machines(ended=ALL_ENDED if every else ended)
    output.show(answer, lambda state: machines_view(state, time.time()), asking)
