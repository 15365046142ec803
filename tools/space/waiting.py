"""Waiting for a condition, with an end: the only way in which tools and tests wait."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_SECONDS = 0.05
"""Often enough that nobody notices, seldom enough that looking costs nothing."""


def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Look again and again until a condition holds; return how many seconds that took.

    Raises:
        TimeoutError: it did not hold within `seconds`; the text says what was waited for.
    """
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise TimeoutError(f"waited {seconds:g} s in vain until {what}")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - start
