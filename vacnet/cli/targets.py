"""`vacnet targets`: the targets of the space, in full."""

from __future__ import annotations

import time

from vacnet.cli import output
from vacnet.cli.options import DEFAULT, Asking


def targets(*, asking: Asking = DEFAULT) -> None:
    """List the targets with shares, windows, tickets, and why each starts or does not.

    Example: vacnet targets --json | jq '.targets[] | {name, state, here}'

    Args:
        asking: Whom to ask and how to print.
    """
    from vacnet.console.targets_view import targets_view  # late: see output

    output.show(output.client_for(asking).space(), lambda state: targets_view(state, time.time()), asking)
