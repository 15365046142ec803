"""A machine's console log in pieces: all of it, its last lines, or on and on while it grows.

Rules of this file: a log is bounded by whoever writes it and may be cut or replaced meanwhile: a file
that is shorter than what was read is begun anew. No more than a piece is held in memory. A link in its
place is not followed: a machine could have put it there, to be shown what it may not read itself.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

PIECE_BYTES = 1 << 16
POLL_SECONDS = 0.5


async def pieces(
    log: Path, tail: int, *, follow: bool, ended: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[bytes]:
    """Yield the log from its last `tail` lines on (0: from its begin); with `follow` until `ended`.

    A log that does not exist yet is an empty one.
    """
    at = _begin_of_tail(log, tail) if tail else 0
    while True:
        last_round = not follow or await ended()
        while piece := _read(log, at):
            at += len(piece)
            yield piece
        if last_round:
            return
        await asyncio.sleep(POLL_SECONDS)
        at = 0 if _size(log) < at else at


def _read(log: Path, at: int) -> bytes:
    try:
        with open(log, "rb", opener=_own_file) as file:
            file.seek(at)
            return file.read(PIECE_BYTES)
    except FileNotFoundError:
        return b""
    except OSError as error:
        if error.errno == errno.ELOOP:
            return b""
        raise


def _own_file(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _size(log: Path) -> int:
    with suppress(FileNotFoundError):
        return log.lstat().st_size
    return 0


def _begin_of_tail(log: Path, lines: int) -> int:
    """Return where the last `lines` lines begin, read from the end in pieces."""
    end = at = _size(log)
    wanted = lines + 1 if _read(log, max(0, end - 1)) == b"\n" else lines
    while at > 0:
        start = max(0, at - PIECE_BYTES)
        piece = _read(log, start)[: at - start]
        found = piece.count(b"\n")
        if found >= wanted:
            return start + _nth_from_end(piece, wanted) + 1
        wanted, at = wanted - found, start
    return 0


def _nth_from_end(piece: bytes, number: int) -> int:
    at = len(piece)
    for _ in range(number):
        at = piece.rindex(b"\n", 0, at)
    return at
