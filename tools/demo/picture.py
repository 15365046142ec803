"""The picture that the demo's machines render: where in the Mandelbrot set, and how it is cut into tiles.

Rules of this file: pure; a seed always gives the same picture. Tiles are cut so that any number of
them covers the picture exactly: each half into rows of nearly equal numbers of tiles. The left half is
the first batch of work, the right half the second, so that one sees what was rendered when.

The number of points in a pixel (`points`, odd) is chosen so that each view costs about the same:
25 to 45 CPU seconds of plain Python for the whole picture.
"""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass

WIDTH = 960
HEIGHT = 600


@dataclass(frozen=True, slots=True)
class View:
    """A place in the complex plane."""

    name: str
    x: float
    y: float
    width: float
    limit: int
    """After so many steps a point counts as inside the set."""
    points: int


VIEWS = (
    View("the whole set", -0.65, 0.0, 3.6, 120, 5),
    View("seahorse valley", -0.7480, 0.1150, 0.03, 400, 1),
    View("elephant valley", 0.2875, 0.0125, 0.03, 400, 1),
    View("a spiral", -0.7269, 0.1889, 0.012, 500, 1),
    View("an antenna", -0.1592, 1.0317, 0.03, 400, 3),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the picture, in pixels from the upper left corner."""

    number: int
    left: int
    top: int
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture cut into tiles."""

    view: View
    hue: float
    batches: tuple[tuple[Tile, ...], tuple[Tile, ...]]

    @property
    def tiles(self) -> dict[int, Tile]:
        """Return all tiles by number."""
        return {tile.number: tile for batch in self.batches for tile in batch}

    def order(self, tile: Tile) -> dict[str, float]:
        """Return what a worker has to know to render a tile."""
        step = self.view.width / WIDTH
        return {
            "number": tile.number,
            "left": self.view.x + step * (tile.left - WIDTH / 2),
            "top": self.view.y - step * (tile.top - HEIGHT / 2),
            "step": step,
            "columns": tile.columns,
            "rows": tile.rows,
            "limit": self.view.limit,
            "points": self.view.points,
            "hue": self.hue,
        }


def picture(seed: int, tiles: int) -> Picture:
    """Return the picture of a seed in so many tiles, at least two; seed 1 is the whole set."""
    luck = random.Random(seed)
    first = (tiles + 1) // 2
    left = _cut(0, WIDTH // 2, first, numbered_from=0)
    right = _cut(WIDTH // 2, WIDTH - WIDTH // 2, tiles - first, numbered_from=first)
    luck.shuffle(left)
    luck.shuffle(right)
    return Picture(VIEWS[(seed - 1) % len(VIEWS)], luck.random(), (tuple(left), tuple(right)))


def _cut(left: int, width: int, count: int, numbered_from: int) -> list[Tile]:
    """Cut a half of the picture into `count` tiles, about as wide as high."""
    rows = max(1, round(math.sqrt(count * HEIGHT / width)))
    tiles: list[Tile] = []
    for row in range(rows):
        in_row = _share(count, rows, row + 1) - _share(count, rows, row)
        top, bottom = _share(HEIGHT, rows, row), _share(HEIGHT, rows, row + 1)
        edges = [left + _share(width, in_row, k) for k in range(in_row + 1)]
        for start, end in itertools.pairwise(edges):
            tiles.append(Tile(numbered_from + len(tiles), start, top, end - start, bottom - top))
    return tiles


def _share(whole: int, parts: int, until: int) -> int:
    """Return where the first `until` of `parts` nearly equal parts of a whole end."""
    return whole * until // parts
