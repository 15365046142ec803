"""How far a long run is, on stderr: nothing about what is over in a second.

Rules of this file: on a terminal one line is written over and over and taken away in the end; elsewhere,
for a log, there is a line every half minute.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from vacnet.quantities import duration

PATIENCE_SECONDS = 1.0
TERMINAL_SECONDS = 0.2
LOG_SECONDS = 30.0
CLEAR = "\r\x1b[K"


class Progress:
    """Tells which part is over and how long the rest will take, as far as one can say."""

    def __init__(self, runs: int = 1) -> None:
        """Begin now; so many runs come one after another."""
        self._runs, self._over = runs, 0
        self._terminal = sys.stderr.isatty()
        self._began = time.monotonic()
        self._due = self._began + (PATIENCE_SECONDS if self._terminal else LOG_SECONDS)
        self._shown = False

    def __enter__(self) -> Self:
        """Show nothing yet."""
        return self

    def __call__(self, part: float) -> None:
        """Tell that a part of a run (0 to 1) is over, if it is time to."""
        now, whole = time.monotonic(), (self._over + part) / self._runs
        self._over += part >= 1
        if now >= self._due and whole < 1:
            self._tell(whole, now)

    def _tell(self, part: float, now: float) -> None:
        self._due, self._shown = now + (TERMINAL_SECONDS if self._terminal else LOG_SECONDS), True
        left = (now - self._began) * (1 - part) / part
        words = f"simulated {part:.0%}, about {duration(left)} left"
        sys.stderr.write(f"{CLEAR}{words}" if self._terminal else f"vacnet: {words}\n")
        sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        if self._shown and self._terminal:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
