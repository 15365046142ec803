"""The demo's picture: any number of tiles covers it exactly once, and a PNG reader gets it back."""

import struct
import zlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tools.demo.picture import HEIGHT, WIDTH, picture
from tools.demo.png import png


@given(tiles=st.integers(2, 400), seed=st.integers(0, 10_000))
def test_any_number_of_tiles_covers_the_picture_once(tiles: int, seed: int) -> None:
    cut = picture(seed, tiles)
    assert sorted(cut.tiles) == list(range(tiles))
    assert sum(tile.columns * tile.rows for tile in cut.tiles.values()) == WIDTH * HEIGHT
    corners = Counter((tile.left, tile.top) for tile in cut.tiles.values())
    assert max(corners.values()) == 1
    assert all(tile.columns > 0 and tile.rows > 0 for tile in cut.tiles.values())


def test_the_first_batch_is_the_left_half_and_the_second_the_right() -> None:
    first, second = picture(3, 37).batches
    assert (len(first), len(second)) == (19, 18)
    assert all(tile.left + tile.columns <= WIDTH // 2 for tile in first)
    assert all(tile.left >= WIDTH // 2 for tile in second)


def test_a_seed_always_gives_the_same_picture() -> None:
    assert picture(7, 50) == picture(7, 50)
    assert picture(7, 50) != picture(8, 50)


def test_a_png_holds_the_pixels_that_were_given() -> None:
    pixels = bytes(range(2 * 3 * 3))
    written = png(3, 2, pixels)
    start = written.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", written[start - 8 : start - 4])
    rows = zlib.decompress(written[start : start + length])
    assert rows == b"\0" + pixels[:9] + b"\0" + pixels[9:]
    assert struct.unpack(">II", written[16:24]) == (3, 2)
