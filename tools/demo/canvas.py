"""The picture as it grows: tiles are laid on it as they come, and it is written as a PNG at any time."""

from __future__ import annotations

import threading
from pathlib import Path

from tools.demo.picture import HEIGHT, WIDTH, Tile
from tools.demo.png import png


class Canvas:
    """Pixels that several threads of the server may lay tiles on."""

    def __init__(self) -> None:
        """Begin with an empty, dark picture."""
        self._pixels = bytearray(b"\x10\x0e\x1c" * (WIDTH * HEIGHT))
        self._lock = threading.Lock()

    def lay(self, tile: Tile, body: bytes) -> None:
        """Lay the rendered pixels of a tile in their place: `columns * rows * 3` bytes."""
        stride = tile.columns * 3
        with self._lock:
            for row in range(tile.rows):
                start = ((tile.top + row) * WIDTH + tile.left) * 3
                self._pixels[start : start + stride] = body[row * stride : (row + 1) * stride]

    def pixel(self, column: int, row: int) -> tuple[int, int, int]:
        """Return red, green and blue of one pixel."""
        start = (row * WIDTH + column) * 3
        red, green, blue = self._pixels[start : start + 3]
        return red, green, blue

    def save(self, path: Path) -> None:
        """Write the picture as a PNG."""
        with self._lock:
            pixels = bytes(self._pixels)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(WIDTH, HEIGHT, pixels))
