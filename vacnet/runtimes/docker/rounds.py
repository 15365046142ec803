"""What is done again and again for running containers: measuring, copying console logs, holding disks.

Rules of this file: each costs next to nothing where nothing happens, and waits in worker threads only. A
container that fails in a round costs no other, and a round that fails no later one.
The pace of disks is stretched by what a round takes: walking millions of files may not become all we do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker import guard
from vacnet.runtimes.docker.client import Client
from vacnet.runtimes.docker.console import Console
from vacnet.runtimes.docker.container import Container
from vacnet.runtimes.docker.knowledge import Knowledge
from vacnet.runtimes.docker.look import Look
from vacnet.runtimes.engine.faults import RefusalError

DUTY = 20.0
"""What a round of disks took is followed by this many times as long without."""
DISK_SECONDS_MAX = 600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """Seconds between two rounds of each kind."""

    measure_seconds: float = 5.0
    """What a container used after the last is not known when it has ended."""
    console_seconds: float = 2.0
    disk_seconds: float = 10.0


class Rounds:
    """The rounds of one runtime."""

    def __init__(
        self,
        client: Client,
        look: Look,
        knowledge: Knowledge,
        machines: Path,
        over_disk: Callable[[Container, int], Awaitable[None]],
        paces: Paces,
    ) -> None:
        """Go round nothing yet; `over_disk` is called with a container and the bytes it has."""
        self._client = client
        self._look = look
        self._knowledge = knowledge
        self._machines = machines
        self._over_disk = over_disk
        self._paces = paces
        self._console = Console(machines)
        self._tasks: list[asyncio.Task[None]] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._known: frozenset[str] = frozenset()
        self._new = asyncio.Event()

    def begin(self) -> None:
        """Begin to go round, if there is anything to go round for; a new container is looked at at once."""
        running = frozenset(one.id for one in self._running())
        if running - self._known:
            self._new.set()
        self._known = running
        if running and not self._tasks:
            kinds = ((self._measure, "measure"), (self._copy, "console"), (self._hold, "disk"))
            self._tasks = [asyncio.create_task(do(), name=f"docker {kind}") for do, kind in kinds]

    def _running(self) -> list[Container]:
        return [one for one in self._look.containers.values() if one.running]

    # --- measuring ----------------------------------------------------------------------------

    async def _measure(self) -> None:
        while True:
            await asyncio.to_thread(self._measure_all)
            await asyncio.sleep(self._paces.measure_seconds)

    def _measure_all(self) -> None:
        for container in self._running():
            self._knowledge.measure(container)

    # --- console logs -------------------------------------------------------------------------

    async def _copy(self) -> None:
        while True:
            for container in self._running():
                await self._copy_one(container)
            self._new.clear()
            # Not wait_for: in Python 3.11 it can swallow a cancellation that comes with the wake-up.
            try:
                async with asyncio.timeout(self._paces.console_seconds):
                    await self._new.wait()
            except TimeoutError:
                continue

    async def _copy_one(self, container: Container) -> None:
        try:
            await self._client.ask(lambda api: self._console.copy_if_new(api, container))
        except (NotNowError, RefusalError, OSError) as error:
            log.debug("docker.console-later", machine=container.machine_id, why=str(error))

    async def last_words(self, container: Container) -> None:
        """Copy what an ended container said last; what cannot be had is told and given up.

        Raises:
            NotNowError: the engine does not answer.
        """
        try:
            await self._client.make(lambda api: self._console.copy(api, container))
        except (RefusalError, OSError) as error:
            log.warning("docker.console-lost", machine=container.machine_id, why=str(error))

    def drop(self, machine_id: str) -> None:
        """Forget a machine."""
        self._console.drop(machine_id)

    # --- disks --------------------------------------------------------------------------------

    async def _hold(self) -> None:
        pause = self._paces.disk_seconds
        while True:
            await asyncio.sleep(pause)
            began = time.monotonic()
            for container in self._running():
                if container.disk_bytes:
                    await self._hold_one(container)
            pause = self._paces.disk_seconds + min(DISK_SECONDS_MAX, DUTY * (time.monotonic() - began))

    async def _hold_one(self, container: Container) -> None:
        home = self._machines / container.machine_id
        try:
            used = await self._client.make(lambda api: guard.used_bytes(api, container, home))
        except (NotNowError, RefusalError) as error:
            log.debug("docker.disk-later", machine=container.machine_id, why=str(error))
            return
        if used > container.disk_bytes:
            # Ending takes its grace: the disks of others are not left alone for that long.
            task = asyncio.create_task(self._end(container, used))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _end(self, container: Container, used: int) -> None:
        try:
            await self._over_disk(container, used)
        except (NotNowError, OSError) as error:
            log.warning("docker.over-disk-later", machine=container.machine_id, why=str(error))

    async def close(self) -> None:
        """Stop going round."""
        tasks = [*self._tasks, *self._ending]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
