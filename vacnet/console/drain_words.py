"""What a drain means now, in words: what is left, until when, and what nobody can know.

Rules of this file: pure functions of the answer; a drain is over only when nothing is left *and* every
engine has answered.
"""

from __future__ import annotations

import time

from vacnet.console import words
from vacnet.factory.client import DrainState

NAMES_MAX = 3
"""So few ids are named; of more, `vacnet machines` is the list."""

NEAR_SECONDS = 600.0
"""A time so near is told to the second."""

_UNTIL_KNOWN = (
    "the drain is over when that engine answers (or, if it is gone for good, when the settings have no "
    "target for it and the factory was restarted)"
)
"""What a drain waits for that only an admin can bring about."""


def is_over(state: DrainState) -> bool:
    """Tell whether nothing of the factory runs, as its engines show it."""
    return not state.left and not state.unknown


def left(state: DrainState) -> str:
    """Return what is left: `3 machines left, the last until 18:00`."""
    parts = [_machines(state)] if state.left or not state.unknown else []
    if state.unknown:
        parts.append(f"not known whether anything runs: {words.clean(state.unknown)}; {_UNTIL_KNOWN}")
    return "; ".join(parts)


def drained(state: DrainState) -> str:
    """Return what holds after an order to drain."""
    lines = [f"{state.factory}: {words.clean(state.words)}"]
    if state.before:
        lines.append(f"in place of: {words.clean(state.before)}")
    return "\n".join((*lines, left(state)))


def over(state: DrainState) -> str:
    """Return what holds when the wait for a drain has come to its end."""
    return f"{state.factory}: nothing runs any more; the drain goes on"


def undrained(state: DrainState) -> str:
    """Return what holds after an order to undrain."""
    if not state.before:
        return f"{state.factory} was not drained by an order; nothing has changed"
    return f"{state.factory} makes machines again; it was {words.clean(state.before)}"


def _machines(state: DrainState) -> str:
    if not state.left:
        return "nothing runs"
    until = (
        "" if state.last_deadline is None else f", the last until {_shown(state.last_deadline, state.time)}"
    )
    named = f" ({', '.join(state.left)})" if len(state.left) <= NAMES_MAX else ""
    return f"{words.plural(len(state.left), 'machine')} left{named}{until}"


def _shown(at: float, now: float) -> str:
    """Return a time of day: with seconds if it is near, with the date if it is another day's."""
    if abs(at - now) < NEAR_SECONDS:
        return time.strftime("%H:%M:%S", time.localtime(at))
    format_ = "%H:%M" if time.localtime(at)[:3] == time.localtime(now)[:3] else "%Y-%m-%d %H:%M"
    return time.strftime(format_, time.localtime(at))
