"""Words of tables: ages, parts, counts and times of day; durations and sizes are `vacnet.quantities`.

Rules of this file: pure functions from a number to text. Unknown is `UNKNOWN`, never a zero. Text
from outside passes `clean` before it is shown: a shutdown message may hold the escape sequences of a
terminal.
"""

from __future__ import annotations

import time

from vacnet import quantities

UNKNOWN = "-"

TENTHS_BELOW_SECONDS = 10.0
"""Ages below this are told in tenths: a beat that is 2 s late matters, one of 31 s against 32 s does not."""


def age(seconds: float | None) -> str:
    """Return how long ago something was: tenths below ten seconds, `UNKNOWN` for never."""
    if seconds is None:
        return UNKNOWN
    return f"{max(0.0, seconds):.1f}s" if seconds < TENTHS_BELOW_SECONDS else quantities.duration(seconds)


def percent(part: float | None) -> str:
    """Return a part of one in whole percent; `UNKNOWN` for None."""
    return UNKNOWN if part is None else f"{100 * part:.0f}%"


plural = quantities.plural
"""For a table as for a sentence."""


def clock(unix_seconds: float) -> str:
    """Return the time of day where the reader is, as `12:03:01`."""
    return time.strftime("%H:%M:%S", time.localtime(unix_seconds))


def moment(unix_seconds: float) -> str:
    """Return date and time where the reader is, as `2026-11-22 12:03:01`."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(unix_seconds))


def clean(text: str) -> str:
    """Return the text on one line with everything that could act on a terminal escaped."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    """Escape what moves the cursor, turns the direction of writing, or shows nothing."""
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
