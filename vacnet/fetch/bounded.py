"""Reading no more than was agreed: from a stream, from gzip, from a file.

Rules of this file: the bound holds for what is in memory, so a stream is left as soon as it is over it,
whatever Content-Length said, and gzip is unpacked with the bound as zlib's `max_length` (a bomb
of 100 KB costs the bound and no more). Only one gzip member is taken: many empty ones cost time
without ever giving a byte. A file must be a regular one: a pipe or a device has no end.

The client's own unpacking is switched off for these reasons (see `exchange`).
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import AsyncIterator
from io import BufferedReader
from pathlib import Path

from vacnet.fetch.fetched import UnavailableError

GZIP_WINDOW = 31
"""zlib's `wbits` for gzip with the largest window (RFC 1952)."""


def too_large(bytes_max: int) -> UnavailableError:
    """Return the error of something over its bound."""
    return UnavailableError(
        f"it has more than {bytes_max} bytes: check the address, or raise the bound in [fetch]"
    )


async def read_stream(chunks: AsyncIterator[bytes], bytes_max: int) -> bytes:
    """Return all of a stream.

    Raises:
        UnavailableError: it has more than `bytes_max` bytes.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > bytes_max:
            raise too_large(bytes_max)
    return bytes(body)


def unpack_gzip(packed: bytes, bytes_max: int) -> bytes:
    """Return what a gzip member holds.

    Raises:
        UnavailableError: it is damaged, cut short, followed by something, or over `bytes_max` bytes.
    """
    member = zlib.decompressobj(GZIP_WINDOW)
    try:
        body = member.decompress(packed, bytes_max + 1)
    except zlib.error as error:
        raise UnavailableError(f"its gzip encoding is damaged ({error})") from None
    if len(body) > bytes_max:
        raise too_large(bytes_max)
    if not member.eof or member.unused_data:
        raise UnavailableError("its gzip encoding is not one whole member")
    return body


def read_file(path: Path, bytes_max: int) -> bytes:
    """Return all of a regular file. Blocks; call it off the loop.

    Raises:
        UnavailableError: it is not there, not to be read, no regular file, or has more than `bytes_max`
            bytes.
    """
    try:
        with open_ordinary(path) as file:
            body = file.read(bytes_max + 1)
    except OSError as error:
        raise UnavailableError(f"it cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UnavailableError(f"it is not a file name: {error}") from None
    if len(body) > bytes_max:
        raise too_large(bytes_max)
    return body


def open_ordinary(path: Path) -> BufferedReader:
    """Open a regular file for reading, never waiting for one.

    Raises:
        OSError: it is not there, not to be read, or no regular file.
        ValueError: the path means no file.
    """
    return open(path, "rb", opener=_open_without_waiting)


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a regular file; without O_NONBLOCK the opening of a named pipe would wait for a writer."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(0, "it is no regular file")
