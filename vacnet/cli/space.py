"""`vacnet space`: the whole space at a glance, live on a terminal, once elsewhere."""

from __future__ import annotations

import sys
import time

from vacnet.cli import output
from vacnet.cli.options import DEFAULT, Asking

PATIENCE_SECONDS = 2.0
"""A live picture says after this long that the factory does not answer, and keeps trying."""


def space(
    *,
    once: bool = False,
    asking: Asking = DEFAULT,
) -> None:
    """Show the whole space: targets with their shares and outcomes, factories with their load.

    On a terminal it is renewed each second until q or Ctrl-C; elsewhere it is printed once.

    Example: vacnet space --once | mail -s "how the space is" admin

    Args:
        once: Print it once and end, also on a terminal.
        asking: Whom to ask and how to print.
    """
    if sys.stdout.isatty() and not once and not asking.json:
        from vacnet.cli.live import watch_space  # late: needs rich's live display

        watch_space(output.client_for(asking, PATIENCE_SECONDS), ascii_signs=asking.ascii)
        return
    from vacnet.console.space_view import space_view  # late: see output

    output.show(output.client_for(asking).space(), lambda state: space_view(state, time.time()), asking)
