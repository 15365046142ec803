"""How old an answer is: the one place that decides when a picture is no longer of now.

Rules of this file: the age is told as soon as it is more than a refresh or two; a clock that went
backwards makes an answer new, never older.
"""

from __future__ import annotations

from vacnet import quantities
from vacnet.console import words
from vacnet.console.model import Cell, Span, Tone, say

STALE_SECONDS = 3.0
"""Three refreshes of the live table: one may be lost in a busy second."""


def late_by(answered: float, now: float) -> float:
    """Return seconds since the answer was made, both in Unix seconds; below 0 counts as 0."""
    return max(0.0, now - answered)


def seen_by(factory: str, answered: float) -> Cell:
    """Return whose view this is and of when."""
    return say(f"seen by {words.clean(factory)} {words.clock(answered)}", Tone.FAINT)


def staleness(factory: str, answered: float, now: float) -> tuple[Cell, ...]:
    """Return the warning that an answer is old, nothing for a fresh one."""
    late = late_by(answered, now)
    if late <= STALE_SECONDS:
        return ()
    told = f"{words.clean(factory)} has not answered for {quantities.duration(late)}: this is how it was then"
    return (warning(told),)


def warning(text: str) -> Cell:
    """Return a warning with its sign."""
    return Cell((Span("! ", Tone.WARN), Span(words.clean(text), Tone.WARN)))
