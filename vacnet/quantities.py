"""Numbers in words: durations and sizes as an admin reads them, the same in logs, reasons and tables.

Rules of this file: pure functions from a number to text; every text carries its unit; at most two units
of time stand together, and the second has two digits, so that columns stay still while they count.
"""

from __future__ import annotations

import math

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "m"), (MINUTE, "m", 1, "s"))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_KIBI = 1024
_THREE_DIGITS = 100


def duration(seconds: float) -> str:
    """Return whole seconds in at most two units: `42s`, `4m12s`, `2h05m`, `3d04h`; below 0 counts as 0.

    What is no number of seconds (a clock or a stranger may say anything) is `?`.
    """
    if not math.isfinite(seconds):
        return "?"
    whole = max(0, int(seconds))
    for size, unit, next_size, next_unit in _UNITS:
        if whole >= size:
            return f"{whole // size}{unit}{whole % size // next_size:02d}{next_unit}"
    return f"{whole}s"


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: `1 machine`, `2 keys`, `0 factories`."""
    if count == 1:
        return f"1 {noun}"
    ies = noun.endswith("y") and noun[-2:-1] not in "aeiou"
    return f"{count} {noun[:-1]}ies" if ies else f"{count} {noun}s"


def size(count_bytes: float) -> str:
    """Return bytes in the binary unit that leaves at most four digits: `1.9 GiB`, `512 MiB`."""
    value, step = float(count_bytes), 0
    while value >= _KIBI and step < len(_SIZES) - 1:
        value, step = value / _KIBI, step + 1
    digits = 1 if step and value < _THREE_DIGITS else 0
    return f"{value:.{digits}f} {_SIZES[step]}"
