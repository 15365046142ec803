"""The live table: asks the factory once a second and draws the answer over the last one.

Rules of this file: the first question fails like that of any command; after that a factory that does
not answer leaves the last picture on the screen, which then says how old it is and why. Ctrl-C ends
it in order and leaves the last picture behind for the eye.
"""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType

from rich.live import Live

from vacnet.console import tables
from vacnet.console.model import View
from vacnet.console.space_view import space_view
from vacnet.factory.client import Client, ClientError, SpaceState

REFRESH_SECONDS = 1.0
"""As often as factories tell each other that they live."""


def watch_space(client: Client, *, ascii_signs: bool = False) -> None:
    """Draw the space each second until Ctrl-C or SIGTERM.

    Raises:
        ClientError: the first question got no answer.
    """
    console = tables.console_for()
    last = client.space()
    trouble = ""
    leave = _leave_event()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while not leave.is_set():
            live.update(tables.screen(_view(last, trouble), console, ascii_signs=ascii_signs), refresh=True)
            leave.wait(REFRESH_SECONDS)
            last, trouble = _asked(client, last)
    tables.print_view(_view(last, trouble), console, ascii_signs=ascii_signs)


def _view(state: SpaceState, trouble: str) -> View:
    return space_view(state, time.time(), trouble=trouble)


def _asked(client: Client, last: SpaceState) -> tuple[SpaceState, str]:
    """Return the newest answer, and why there is no newer one."""
    try:
        return client.space(), ""
    except ClientError as error:
        return last, error.words


def _leave_event() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set, so that the screen is always given back."""
    leave = threading.Event()

    def _set(_number: int, _frame: FrameType | None) -> None:
        leave.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _set)
    return leave
