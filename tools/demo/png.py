"""A PNG file from rows of pixels, by the standard library: the few lines of the format that we need.

Source: PNG (Third Edition), W3C 2025, sections 5 (datastream) and 9 (filters). Filter type 0 throughout.
"""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB_8_BIT = (8, 2, 0, 0, 0)
"""Bit depth, colour type, and the only compression, filter method and interlace that we write."""


def png(width: int, height: int, pixels: bytes) -> bytes:
    """Return a PNG of `width` x `height` pixels, three bytes each, row by row from the top."""
    stride = width * 3
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, height * stride, stride))
    header = struct.pack(">IIBBBBB", width, height, *_RGB_8_BIT)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
