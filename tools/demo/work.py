"""The demo's work as the server and the story see it: one queue, one picture, one lock."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from tools.demo.canvas import Canvas
from tools.demo.picture import Picture
from tools.demo.work_queue import WorkQueue

PACE_SECONDS = 2.0
"""A tile takes at least so long, so that the story is as long on a large host as on two cores."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is."""

    waiting: int
    leased: int
    done: int
    total: int
    """Of both batches, whether or not they are in the queue yet."""
    drained: bool
    takers: int


class Work:
    """A picture to render, in two batches."""

    def __init__(self, picture: Picture, pace_seconds: float = PACE_SECONDS) -> None:
        """Have the picture ready; the queue is empty until `add_batch`."""
        self._tiles = picture.tiles
        self._picture = picture
        self._pace_seconds = pace_seconds
        self._queue = WorkQueue()
        self.canvas = Canvas()
        self._lock = threading.Lock()

    def add_batch(self, number: int) -> int:
        """Put the first (0) or second (1) batch into the queue; return how many tiles it has."""
        batch = self._picture.batches[number]
        with self._lock:
            self._queue.add(tile.number for tile in batch)
        return len(batch)

    def take(self, machine: str, now: float) -> dict[str, float] | None:
        """Give a machine the order of a tile; None when nothing waits."""
        with self._lock:
            number = self._queue.take(machine, now)
        if number is None:
            return None
        return self._picture.order(self._tiles[number]) | {"pace_seconds": self._pace_seconds}

    def hand_in(self, number: int, pixels: bytes) -> bool:
        """Lay a rendered tile on the picture; False when it is none of ours or has the wrong size."""
        tile = self._tiles.get(number)
        if tile is None or len(pixels) != tile.columns * tile.rows * 3:
            return False
        self.canvas.lay(tile, pixels)
        with self._lock:
            self._queue.finish(number)
        return True

    def progress(self) -> Progress:
        """Return how far it is now."""
        with self._lock:
            queue = self._queue
            done, takers = len(queue.done), len(queue.takers)
            return Progress(queue.waiting, queue.leased, done, len(self._tiles), queue.drained, takers)

    def takers(self) -> Mapping[str, int]:
        """Return the machines that got work, each with how many tiles it was given."""
        with self._lock:
            return dict(self._queue.takers)

    def turned_away(self) -> frozenset[str]:
        """Return the machines that asked in vain at least once."""
        with self._lock:
            return frozenset(self._queue.turned_away)
