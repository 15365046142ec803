"""The picture in the terminal, two pixels to a character: the upper half block in two colours."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.style import Style
from rich.text import Text

from tools.demo.canvas import Canvas
from tools.demo.picture import HEIGHT, WIDTH

COLUMNS_MAX = 72
_UPPER_HALF = "▀"
_SAMPLES = 3
"""Points that are looked at across each pixel of the preview."""


def drawable(console: Console) -> bool:
    """Tell whether a console has the colours and the sign for it."""
    return console.color_system not in {None, "standard"} and "utf" in console.encoding.lower()


def columns_for(lines: int, width: int) -> int:
    """Return how wide the picture may be to have at most so many lines in a window of `width`."""
    return min(2 * lines * WIDTH // HEIGHT, width)


def preview(canvas: Canvas, columns: int) -> Iterator[Text]:
    """Yield the lines of the picture, `columns` characters wide."""
    side = WIDTH / columns
    for line in range(int(HEIGHT / side) // 2):
        text = Text()
        for column in range(columns):
            upper, lower = (_mean(canvas, column * side, (2 * line + k) * side, side) for k in (0, 1))
            text.append(_UPPER_HALF, Style(color=upper, bgcolor=lower))
        yield text


def _mean(canvas: Canvas, left: float, top: float, side: float) -> str:
    """Return the mean colour of a square of the picture, as rich writes colours."""
    steps = [side * (k + 0.5) / _SAMPLES for k in range(_SAMPLES)]
    found = [canvas.pixel(int(left + x), int(top + y)) for x in steps for y in steps]
    red, green, blue = (sum(values) // len(found) for values in zip(*found, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"
