"""Opening the dashboard: whom it asks, how it is to be, and a first answer before the screen is taken.

Rules of this file: what fails before the screen is there fails like any command, in one line. Nothing of the
dashboard is imported by a command that does not open it.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from vacnet.cli.drain import asked_by
from vacnet.cli.moment import past_moment

if TYPE_CHECKING:
    from vacnet.console.dashboard.source import Source


def open_dashboard(
    source: Source,
    *,
    write: bool,
    ascii_signs: bool,
    asked: tuple[str, ...] = (),
    clock: Callable[[], float] | None = None,
) -> None:
    """Show the space until somebody ends it; the last picture is left behind for the eye.

    Args:
        source: whom to ask.
        write: whether orders can be given.
        ascii_signs: use no others.
        asked: options by which this host's factory is asked, for commands that are shown.
        clock: gives the time of a simulation, in Unix seconds; None: it is the present.

    Raises:
        ClientError: the first question got no answer.
    """
    first = source.space()
    from vacnet.console import tables
    from vacnet.console.dashboard.app import Dashboard  # late: textual, after what may fail without it
    from vacnet.console.dashboard.options import Options
    from vacnet.console.space_view import space_view

    options = Options(
        write=write,
        ascii_signs=ascii_signs,
        simulated=clock is not None,
        clock=clock or time.time,
        who=asked_by(),
        asked=asked,
        past_moment=lambda text: past_moment(text, datetime.now().astimezone()),
    )
    dashboard = Dashboard(source, first, options)
    gc.freeze()  # what is imported stays: to look through it takes 40 ms, which a key would have to wait
    dashboard.run()
    if not sys.stdout.isatty():
        return
    view = space_view(dashboard.live.space, time.time(), trouble=dashboard.live.trouble)
    tables.print_view(view, tables.console_for(), ascii_signs=ascii_signs)
