"""`vacnet factories`: the factories of the space, in full."""

from __future__ import annotations

import time

from vacnet.cli import output
from vacnet.cli.options import DEFAULT, Asking


def factories(*, asking: Asking = DEFAULT) -> None:
    """List the factories of the space: how fresh, how loaded, what is special and what to do.

    Example: vacnet factories --json | jq -r '.factories[] | select(.state != "live") | .name'

    Args:
        asking: Whom to ask and how to print.
    """
    from vacnet.console.factories_view import factories_view  # late: see output

    output.show(output.client_for(asking).space(), lambda state: factories_view(state, time.time()), asking)
