"""The demo's picture: any number of tiles covers it exactly once, and a PNG reader gets it back."""

import struct
import zlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tools.demo.canvas import Canvas
from tools.demo.picture import HEIGHT, WIDTH, picture
from tools.demo.png import png
from tools.demo.preview import columns_for, preview


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


def test_the_preview_shows_two_pixels_to_a_character_where_the_tiles_are() -> None:
    canvas, cut = Canvas(), picture(1, 2)
    (left,), _ = cut.batches
    canvas.lay(left, b"\xff\x00\x00" * (left.columns * left.rows))
    columns = columns_for(10, 80)
    lines = list(preview(canvas, columns))
    assert (columns, len(lines)) == (32, 10)
    colours = [str(span.style) for span in lines[0].spans]
    assert colours[0] == colours[columns // 2 - 1] == "#ff0000 on #ff0000"
    assert "#ff0000" not in colours[columns // 2]


@given(lines=st.integers(1, 200), width=st.integers(1, 300))
def test_the_preview_never_needs_more_room_than_it_was_given(lines: int, width: int) -> None:
    columns = columns_for(lines, width)
    assert columns <= width
    assert int(HEIGHT * columns / WIDTH) // 2 <= lines
