"""Held spans: those that arrived before the one they follow.

Rules of this file: a span beyond a gap waits here, with the moment of its arrival (its ages are of then),
until the gap is closed or another needs the room. Datagrams of one burst overtake each other: without
this, the pages of a long table would have to be pulled again and again.
"""

from __future__ import annotations

from typing import NamedTuple

from vacnet.space.limits import HELD_MAX
from vacnet.space.spans import Span
from vacnet.space.table import Known


class Waiting(NamedTuple):
    """A span and when it came."""

    span: Span
    at: float


class Held:
    """The spans that wait, of all factories; the oldest makes room."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: dict[tuple[bytes, int, int], Waiting] = {}

    def keep(self, known: Known, span: Span, now: float) -> None:
        """Hold a span of the factory's present life."""
        if len(self._waiting) >= HELD_MAX:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[known.fid, known.epoch, span.start] = Waiting(span, now)

    def next(self, known: Known) -> Waiting | None:
        """Return a span that no longer leaves a gap, once."""
        for fid, epoch, start in self._waiting:
            if fid == known.fid and epoch == known.epoch and start <= known.version:
                return self._waiting.pop((fid, epoch, start))
        return None
