"""The live table: asks the factory once a second and draws the answer over the last one.

Rules of this file: the first question fails like that of any command; after that a factory that does
not answer leaves the last picture on the screen, which then says how old it is and why. `q` or Ctrl-C
ends it and leaves the last picture behind for the eye.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

from rich.live import Live

from vacnet.cli.keys import watched_keys
from vacnet.console import tables
from vacnet.console.model import Tone, View, say
from vacnet.console.space_view import space_view
from vacnet.factory.client import ClientError, SpaceState

REFRESH_SECONDS = 1.0
"""As often as factories tell each other that they live."""

HOW_TO_LEAVE = say("q ends", Tone.FAINT)


class Shows(Protocol):
    """Whoever can be asked for the space."""

    def space(self) -> SpaceState:
        """Return it as of now."""
        ...


def watch_space(client: Shows, *, ascii_signs: bool = False) -> None:
    """Draw the space each second until `q`, Ctrl-C or SIGTERM.

    Raises:
        ClientError: the first question got no answer.
    """
    console = tables.console_for()
    last, trouble = client.space(), ""
    with watched_keys() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(tables.screen(_view(last, trouble), console, ascii_signs=ascii_signs), refresh=True)
            if keys.leave_within(REFRESH_SECONDS):
                break
            last, trouble = _asked(client, last)
    tables.print_view(space_view(last, time.time(), trouble=trouble), console, ascii_signs=ascii_signs)


def _view(state: SpaceState, trouble: str) -> View:
    view = space_view(state, time.time(), trouble=trouble)
    return replace(view, legend=(*view.legend, HOW_TO_LEAVE))


def _asked(client: Shows, last: SpaceState) -> tuple[SpaceState, str]:
    """Return the newest answer, and why there is no newer one."""
    try:
        return client.space(), ""
    except ClientError as error:
        return last, error.words
