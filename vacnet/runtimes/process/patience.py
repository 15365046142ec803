"""Waiting, as the runtime does it: for a machine to be in order, for others to be through, for an end.

Rules of this file: a disk that refuses is told as an engine that does not answer now, for nothing may
be concluded from what could not be read.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from vacnet.machines.runtime import NotNowError, StartFailedError
from vacnet.runtimes.process import files, left_over
from vacnet.runtimes.process.seen import Folder

ALONE_SECONDS = 0.002
"""How often a start looks whether another of the same machine is through."""


async def settled(directory: Path) -> Folder | None:
    """Return a machine in order (see `left_over.settle`); a disk that refuses is told as an engine that does.

    Raises:
        NotNowError: it cannot be put in order now.
    """
    try:
        return await asyncio.to_thread(left_over.settle, directory)
    except OSError as error:
        raise NotNowError(f"{directory}: {error.strerror}: how its machine is cannot be told") from error


@contextlib.asynccontextmanager
async def alone(directory: Path) -> AsyncIterator[None]:
    """Keep other processes from starting the machine of `directory` at the same time."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StartFailedError(f"the machine's directory {directory}: {error.strerror}") from error
    try:
        while not files.try_lock(handle):  # noqa: ASYNC110 (another process has it: no event of ours will tell)
            await asyncio.sleep(ALONE_SECONDS)
        yield
    finally:
        os.close(handle)


async def comes(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most so long; tell whether it came."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
