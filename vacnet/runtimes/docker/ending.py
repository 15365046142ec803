"""Ending a container: its stop signal, time to end by itself, then the kernel's kill.

Rules of this file: the engine's own `stop` would hold a thread for the whole grace, and a drained host ends
all its machines at once. So signals are sent, and the end is waited for on the loop: an event tells it within
milliseconds, and where events are broken off the engine is asked every second. Killing a container kills all
that runs in it: that is the kernel's promise for its first process (pid_namespaces(7)).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.client import Client
from vacnet.runtimes.docker.container import Container, container_of
from vacnet.runtimes.docker.faults import CONFLICT, NO_SUCH
from vacnet.runtimes.docker.look import inspected
from vacnet.runtimes.engine.faults import RefusalError

KILL_SECONDS = 20.0
"""How long the kernel may take to end what is killed: it waits for disks."""
ASK_AGAIN_SECONDS = 1.0
KILL = "SIGKILL"


class Endings:
    """Who waits for the end of which container."""

    def __init__(self, client: Client) -> None:
        """Wait for nobody yet."""
        self._client = client
        self._over: dict[str, asyncio.Event] = {}
        self.by_us: set[str] = set()
        """Containers that had a signal from us."""

    def heard(self, container: str) -> None:
        """Take in that a container has ended."""
        if container in self._over:
            self._over[container].set()

    async def end(self, container: Container, grace_seconds: float) -> None:
        """Ask a container to end, wait, kill it, and return when it is gone.

        Raises:
            NotNowError: the engine is away, or the kernel cannot kill it.
        """
        over = self._over.setdefault(container.id, asyncio.Event())
        self.by_us.add(container.id)
        try:
            for signal, seconds in ((container.stop_signal, grace_seconds), (KILL, KILL_SECONDS)):
                await self._signal(container.id, signal)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        return await self._gone(container, over)
        finally:
            self._over.pop(container.id, None)
        raise NotNowError(
            f"container {container.id[:12]} was killed and still runs {KILL_SECONDS:g} s later: it may wait "
            "for a disk or file system that does not answer (ps -eo pid,stat,wchan | grep D)"
        )

    async def _signal(self, container: str, signal: str) -> None:
        try:
            await self._client.ask(lambda api: api.kill(container, signal=signal))
        except RefusalError as refusal:
            # One that is gone or has just ended needs no signal; one that is paused takes none.
            if refusal.code not in {NO_SUCH, CONFLICT}:
                raise NotNowError(
                    f"container {container[:12]} takes no {signal}: {refusal.words}"
                ) from refusal
            await self._wake(container)

    async def _wake(self, container: str) -> None:
        with suppress(RefusalError):
            await self._client.ask(lambda api: api.unpause(container))

    async def _gone(self, container: Container, over: asyncio.Event) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_AGAIN_SECONDS):
                    await over.wait()
                    return
            shown = await self._client.ask(lambda api: inspected(api, container.id))
            if shown is None or not container_of(shown, container.machine_id).running:
                return
