"""A line on the terminal while something takes longer than a second: what is waited for, and how long.

Rules of this file: on a terminal's stderr alone, written over and over in one place, and gone when it is
over; in a file or a pipe there is nothing of it. A message for people (`output.tell`) takes it away first.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import threading

PATIENCE_SECONDS = 1.0
REFRESH_SECONDS = 0.2
CLEAR = "\r\x1b[K"
COLUMNS = 79
"""At most so many cells, for a line that wraps cannot be taken away."""


class Waiting:
    """Tells what is waited for as long as the block lasts; call it when that is something else."""

    shown = False
    """Whether such a line stands on the terminal now."""

    def __init__(self, words: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for `words`, silently for `patience_seconds`."""
        self._words = words
        self._patience_seconds = patience_seconds
        self._began = time.monotonic()
        self._thread: threading.Thread | None = None

    def __call__(self, words: str) -> None:
        """Wait for something else from now on."""
        self._words = words

    def __enter__(self) -> Self:
        """Begin to wait."""
        if sys.stderr.isatty():
            import threading  # late: most commands are over before

            self._over = threading.Event()
            self._thread = threading.Thread(target=self._tell, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            clear()

    def _tell(self) -> None:
        wait = self._patience_seconds
        while not self._over.wait(wait):
            words = f"{self._words}, {time.monotonic() - self._began:.0f} s"
            Waiting.shown = True
            sys.stderr.write(f"{CLEAR}{words[:COLUMNS]}")
            sys.stderr.flush()
            wait = REFRESH_SECONDS


def clear() -> None:
    """Take the line away where one stands, so that something else can be said."""
    if Waiting.shown:
        Waiting.shown = False
        sys.stderr.write(CLEAR)
        sys.stderr.flush()
