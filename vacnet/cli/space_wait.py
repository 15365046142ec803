"""Waiting for a whole space: `vacnet space --until drained|idle`.

Rules of this file: a line on stderr each time that something has changed, so that a log of it can be read.
The first question fails like that of any command; after it, who does not answer is asked again until the
time is over. It ends with the space as it was then, with `Exit.TOO_SLOW` when its time is over before, and
with `Exit.FAILED` where waiting is in vain.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.patience import Waiting

if TYPE_CHECKING:
    from vacnet.console.until import Goal
    from vacnet.factory.client import SpaceState


class Shows(Protocol):
    """Whoever can be asked for the space."""

    def space(self) -> SpaceState:
        """Return it as of now."""
        ...


ASK_SECONDS = 1.0
"""As often as factories tell each other that they live."""


def wait_for(client: Shows, goal: Goal, timeout_seconds: float | None) -> SpaceState:
    """Return the space when it has reached its goal.

    Raises:
        CommandError: it has not in time, or never will.
        ClientError: the first question got no answer.
    """
    end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    with Waiting("waiting"):
        return _waited(client, goal, timeout_seconds, end)


def _waited(client: Shows, goal: Goal, timeout_seconds: float | None, end: float | None) -> SpaceState:
    from vacnet.console.until import progress  # late: see output

    state, trouble, told = client.space(), "", ""
    while True:
        now = progress(state, goal)
        if now.hopeless:
            raise CommandError(now.hopeless)
        if now.done and not trouble:
            output.tell(now.words)
            return state
        if told != (told := trouble or now.words):
            output.tell(told)
        if end is not None and time.monotonic() >= end:
            raise CommandError(f"not {goal} within {timeout_seconds:g} s: {told}", Exit.TOO_SLOW)
        time.sleep(ASK_SECONDS if end is None else max(0.0, min(ASK_SECONDS, end - time.monotonic())))
        state, trouble = _asked(client, state)


def _asked(client: Shows, last: SpaceState) -> tuple[SpaceState, str]:
    """Return the newest answer, and why there is no newer one."""
    from vacnet.factory.client import ClientError  # late: see output

    try:
        return client.space(), ""
    except ClientError as error:
        if error.exit_code not in {Exit.NO_DAEMON, Exit.TOO_SLOW}:
            raise
        return last, f"{error.words}; asking again"
