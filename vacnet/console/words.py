"""Numbers in words: durations, ages, sizes, parts and times, as an admin reads them.

Rules of this file: pure functions from a number to text; every text carries its unit; at most two
units of time stand together, and the second has two digits, so that columns stay still while they
count. Unknown is `UNKNOWN`, never a zero. Text from outside passes `clean` before it is shown: a
shutdown message may hold the escape sequences of a terminal.
"""

from __future__ import annotations

import time

UNKNOWN = "-"

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

TENTHS_BELOW_SECONDS = 10.0
"""Ages below this are told in tenths: a beat that is 2 s late matters, one of 31 s against 32 s does not."""

_UNITS = ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "m"), (MINUTE, "m", 1, "s"))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_KIBI = 1024
_THREE_DIGITS = 100


def duration(seconds: float) -> str:
    """Return whole seconds in at most two units: `42s`, `4m12s`, `2h05m`, `3d04h`; below 0 counts as 0."""
    whole = max(0, int(seconds))
    for size, unit, next_size, next_unit in _UNITS:
        if whole >= size:
            return f"{whole // size}{unit}{whole % size // next_size:02d}{next_unit}"
    return f"{whole}s"


def age(seconds: float | None) -> str:
    """Return how long ago something was: tenths below ten seconds, `UNKNOWN` for never."""
    if seconds is None:
        return UNKNOWN
    return f"{max(0.0, seconds):.1f}s" if seconds < TENTHS_BELOW_SECONDS else duration(seconds)


def size(count_bytes: float) -> str:
    """Return bytes in the binary unit that leaves at most four digits: `1.9 GiB`, `512 MiB`."""
    value, step = float(count_bytes), 0
    while value >= _KIBI and step < len(_SIZES) - 1:
        value, step = value / _KIBI, step + 1
    digits = 1 if step and value < _THREE_DIGITS else 0
    return f"{value:.{digits}f} {_SIZES[step]}"


def percent(part: float | None) -> str:
    """Return a part of one in whole percent; `UNKNOWN` for None."""
    return UNKNOWN if part is None else f"{100 * part:.0f}%"


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: `1 machine`, `2 machines`, `0 factories`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"


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
