"""A keeper of one engine for benches of starts: a durable record, user_data from memory, no factory."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from vacnet.agent.effects import StartMachine, Ticket
from vacnet.factory.clock import HostClock
from vacnet.machines.keeper import Keeper
from vacnet.machines.runtime import Runtime
from vacnet.machines.surroundings import HostIdentity, Template
from vacnet.record.record import Record
from vacnet.targets.model import Target

FACTORY = "bench.example.org"
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.005
_LIFE_SECONDS = 3600


class Script:
    """User_data from memory: a payload that ends at once."""

    async def template(self, _target: Target) -> Template:
        """Return the payload."""
        return Template(b"#!/bin/sh\n# ##user_data_uuid##\nexit 0\n", "")

    async def file(self, _target: Target, _name: str) -> bytes:
        """Return nothing: no target names a file."""
        return b""


@asynccontextmanager
async def keeping(state: Path, runtime: Runtime, script: Script) -> AsyncIterator[Keeper]:
    """Yield a keeper that runs, with its record in `state`; whoever made the engine closes it."""
    clock = HostClock()
    record = await Record.open(
        state / "vacnet.db", factory=FACTORY, wall=clock.wall, boottime=clock.boottime, boot_id="bench"
    )
    keeper = Keeper(
        record=record,
        runtimes=[runtime],
        state_directory=state,
        host=HostIdentity(factory=FACTORY, space="bench", boot_id="bench", host=f"bench{os.getpid()}"),
        sources=script,
        tell=lambda _event: None,
        notify=lambda _notify: None,
        clock=clock,
    )
    await keeper.adopt()
    running = asyncio.create_task(keeper.run())
    try:
        yield keeper
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await record.close()


def wish(key: str, target: Target) -> StartMachine:
    """Return the order to start a machine of one processor now."""
    deadline = time.clock_gettime(time.CLOCK_BOOTTIME) + _LIFE_SECONDS
    return StartMachine(
        uuid=key, target=target, processors=1, deadline_at=deadline, ticket=Ticket(1, FACTORY, 0)
    )


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition, which may ask an engine.

    Raises:
        TimeoutError: it did not hold within a minute.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not await asyncio.to_thread(condition):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE_SECONDS:g} s in vain until {what}")
        await asyncio.sleep(PAUSE_SECONDS)
