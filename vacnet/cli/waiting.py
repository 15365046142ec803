"""Waiting until a drain is over: nothing of the factory runs any more, as its engines show it.

Rules of this file: a line on stderr each time that something has changed, so that a log of it can be
read; a factory that is being restarted meanwhile is asked again. It ends with 0 only when the drain is
over, with `Exit.TOO_SLOW` when its time is, and with `Exit.FAILED` when somebody has taken the drain back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.patience import Waiting

if TYPE_CHECKING:
    from vacnet.factory.client import Client, DrainState

ASK_SECONDS = 1.0


def wait_until_over(client: Client, timeout_seconds: float | None, told: str) -> DrainState:
    """Return the state in which the drain was over; `told` is what was said to be left last.

    Raises:
        CommandError: it was not in time, or was taken back.
        ClientError: the factory refuses, or its version does not fit.
    """
    from vacnet.console import drain_words  # late: see output

    state = None
    with Waiting("waiting"):
        for state in _states(client, timeout_seconds):
            away = f"no factory answers at {client.socket_path}; asking again"
            now = drain_words.left(state) if state else away
            if state is not None and state.draining and drain_words.is_over(state):
                return state
            if now != told:
                output.tell(now)
            told = now
            if state is not None and not state.draining:
                raise CommandError(f"{state.factory} is no longer drained: somebody ran `vacnet undrain`")
    ends = ", and `vacnet drain --now` ends them at once" if state and state.left and not state.now else ""
    raise CommandError(
        f"not over within {timeout_seconds:g} s: {told}; the drain goes on{ends}", Exit.TOO_SLOW
    )


def _states(client: Client, timeout_seconds: float | None) -> Iterator[DrainState | None]:
    """Yield the state again and again, None when no factory answers, until the time is over."""
    end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    while True:
        yield _state(client)
        if end is not None and time.monotonic() >= end:
            return
        time.sleep(ASK_SECONDS if end is None else max(0.0, min(ASK_SECONDS, end - time.monotonic())))


def _state(client: Client) -> DrainState | None:
    from vacnet.factory.client import ClientError  # late: see output

    try:
        return client.drain_state()
    except ClientError as error:
        if error.exit_code not in {Exit.NO_DAEMON, Exit.TOO_SLOW}:
            raise
        return None
