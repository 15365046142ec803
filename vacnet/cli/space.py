"""`vacnet space`: the whole space at a glance, live on a terminal, once elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.remote import HERE, Remote

if TYPE_CHECKING:
    from vacnet.cli.live import Shows

PATIENCE_SECONDS = 2.0
"""A live picture says after this long that the factory does not answer, and keeps trying."""


def space(
    *,
    once: bool = False,
    remote: Remote = HERE,
    asking: Asking = DEFAULT,
) -> None:
    """Show the whole space: targets with their shares and outcomes, factories with their load.

    On a terminal it is renewed each second until q or Ctrl-C; elsewhere it is printed once.
    With --peer no factory is needed here: any member is asked, and an observe key suffices.

    Example: vacnet space --once | mail -s "how the space is" admin

    Example: vacnet space --peer vac01.example.org --key observe.key --name example

    Args:
        once: Print it once and end, also on a terminal.
        remote: Whom to ask over the network, in place of this host's factory.
        asking: Whom to ask and how to print.
    """
    live = sys.stdout.isatty() and not once and not asking.json
    with _asked(remote, asking, live=live) as client:
        if live:
            from vacnet.cli.live import watch_space  # late: needs rich's live display

            watch_space(client, ascii_signs=asking.ascii)
            return
        from vacnet.console.space_view import space_view  # late: see output

        output.show(client.space(), lambda state: space_view(state, time.time()), asking)


@contextmanager
def _asked(remote: Remote, asking: Asking, *, live: bool) -> Iterator[Shows]:
    patience = PATIENCE_SECONDS if live else output.PATIENCE_SECONDS
    if not remote.peer:
        yield output.client_for(asking, patience)
        return
    from vacnet.cli.looking import Looker  # late: needs the rules of gossip
    from vacnet.cli.remote import access

    way = access(remote, asking.config)
    with Looker(way.key, way.space, way.addresses, patience) as looker:
        yield looker
