"""`DockerRuntime`: containers of Docker or Podman as machines, for model `docker`.

Rules of this file: it holds nothing that a restart would lose; the engine keeps containers and exit codes
until they are forgotten, and what else is needed stands in labels and in the machine's directory. Here is
only the wiring: a container is made by `making`, ended by `ending`, looked at by `look` and `seen`;
`events` tells of changes, `rounds` measures, copies console logs and holds disks.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import structlog

from vacnet.machines.runtime import NotNowError, Seen, StartFailedError, Usage
from vacnet.machines.spec import Spec
from vacnet.runtimes.docker import binds, guard
from vacnet.runtimes.docker.client import Client, Patience
from vacnet.runtimes.docker.container import Container
from vacnet.runtimes.docker.ending import Endings
from vacnet.runtimes.docker.events import Events, Happening
from vacnet.runtimes.docker.knowledge import Knowledge
from vacnet.runtimes.docker.late_words import LateWords
from vacnet.runtimes.docker.look import Look
from vacnet.runtimes.docker.making import Maker, remove
from vacnet.runtimes.docker.means import Means
from vacnet.runtimes.docker.pull import Pulls
from vacnet.runtimes.docker.rounds import Paces, Rounds
from vacnet.runtimes.docker.seen import Known, describe, still_running
from vacnet.runtimes.engine.faults import RefusalError
from vacnet.runtimes.engine.locks import Locks
from vacnet.runtimes.engine.used import Used
from vacnet.targets.model import DockerSettings, Model

MARK = "docker.used"
"""File in the state directory: this factory has had containers."""
_ENDS = frozenset({"die", "destroy"})
_TOLD = frozenset({*_ENDS, "start", "oom"})

log = structlog.get_logger(__name__)


class DockerRuntime:
    """Runs machines as containers; implements `vacnet.machines.runtime.Runtime`."""

    name = "docker"
    models = frozenset({Model.DOCKER})

    def __init__(
        self,
        settings: DockerSettings,
        state_directory: Path,
        factory: str,
        *,
        cvmfs: Path = binds.CVMFS,
        paces: Paces | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Look after the containers that bear `factory`'s label; their directories are in `machines/`."""
        self._settings = settings
        self._machines = state_directory / "machines"
        self._client = Client(settings.socket, patience or Patience())
        self._means = Means(self._client)
        self._pulls = Pulls(self._client, settings.auth_file)
        self._maker = Maker(self._client, self._pulls, settings, cvmfs)
        self._look = Look(factory)
        self._looking = asyncio.Lock()
        self._knowledge = Knowledge(self._machines)
        self._endings = Endings(self._client)
        self._late_words = LateWords(self._look_again)
        self._events = Events(self._client, factory, self._hear)
        self._rounds = Rounds(
            self._client, self._look, self._knowledge, self._machines, self._over_disk, paces or Paces()
        )
        self._changed: asyncio.Queue[str] = asyncio.Queue()
        self._used = Used(state_directory / MARK)
        self._locks = Locks()
        self._starting: set[str] = set()

    # --- the engine ---------------------------------------------------------------------------

    async def probe(self) -> str:
        """Ask the engine whether it is there; return an empty text, or what an admin has to mend."""
        self._used.wake()
        try:
            await self._means.ask()
        except NotNowError as error:
            return str(error)
        return ""

    # --- start --------------------------------------------------------------------------------

    async def start(self, spec: Spec) -> str:
        """Start a machine; see `Runtime.start`.

        Raises:
            StartFailedError: the engine refused.
            NotNowError: engine, image or something of this host is not to be had.
        """
        async with self._locks.of(spec.id):
            self._used.leave_mark()
            self._starting.add(spec.id)
            try:
                return await self._maker.make(spec)
            except (NotNowError, StartFailedError):
                await asyncio.to_thread(_tidy, spec.directory)
                raise
            finally:
                self._starting.discard(spec.id)

    # --- stop and forget ----------------------------------------------------------------------

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        """End a container and all in it; see `Runtime.stop`.

        Raises:
            NotNowError: the engine does not answer, or the kernel cannot end it.
        """
        async with self._locks.of(machine_id):
            found = (await self._take()).get(machine_id)
            if found is not None and found.running:
                await asyncio.to_thread(self._knowledge.measure, found)
                await self._endings.end(found, grace_seconds)
                self._look.doubt(found.id)

    async def forget(self, machine_id: str) -> None:
        """Keep the last words of an ended container, then remove it; see `Runtime.forget`.

        Raises:
            NotNowError: the engine does not answer, or cannot remove it: it is tried again.
        """
        async with self._locks.of(machine_id):
            found = (await self._take()).get(machine_id)
            if found is not None and not found.running:
                await self._rounds.last_words(found)
                try:
                    await remove(self._client, found)
                except RefusalError as refusal:
                    raise NotNowError(
                        f"container {found.id[:12]} cannot be removed: {refusal.words}"
                    ) from refusal
                self._endings.by_us.discard(found.id)
                self._late_words.drop(found.id)
            await asyncio.to_thread(_tidy, self._machines / machine_id)
        self._knowledge.drop(machine_id)
        self._rounds.drop(machine_id)

    # --- looking ------------------------------------------------------------------------------

    async def seen(self) -> Mapping[str, Seen]:
        """Return every container of this factory; see `Runtime.seen`.

        Raises:
            NotNowError: the engine does not answer.
        """
        if not self._used.awake:
            return {}
        found = await self._take()
        await self._maker.remove_abandoned(found.values())
        shown = [one for one in found.values() if self._is_shown(one)]
        known = await asyncio.to_thread(self._knowledge.of_all, shown)
        self._rounds.begin()
        return {one.machine_id: self._described(one, known[one.machine_id]) for one in shown}

    def _described(self, container: Container, known: Known) -> Seen:
        by_us = container.id in self._endings.by_us
        expected = self._late_words.expected(container, known, by_us=by_us)
        return still_running(container, known) if expected else describe(container, known)

    def _look_again(self, container: Container) -> None:
        """Have a container inspected anew whose end was held back."""
        self._look.doubt(container.id)
        self._changed.put_nowait(container.machine_id)

    def _is_shown(self, container: Container) -> bool:
        begun_now = container.never_ran and container.machine_id in self._starting
        return not begun_now and container.machine_id not in self._maker.abandoned

    async def _take(self) -> dict[str, Container]:
        """Look at the engine; who asks while another looks waits for a look of its own."""
        async with self._looking:
            try:
                return await self._client.ask(self._knowledge.learning(self._look.take))
            except RefusalError as refusal:
                raise NotNowError(f"the engine does not show its containers: {refusal.words}") from refusal

    async def changes(self) -> AsyncIterator[str]:
        """Yield the id of each machine that an event names; see `Runtime.changes`."""
        await self._used.wait()
        self._events.follow()
        while True:
            yield await self._changed.get()

    def _hear(self, happening: Happening) -> None:
        """Take in what the engine tells."""
        if happening.container:
            self._look.doubt(happening.container)
        else:
            self._look.doubt_all()
            self._knowledge.engine_unknown()
            self._means.engine_unknown()
        if happening.action in _ENDS:
            self._endings.heard(happening.container)
        ours = happening.container in self._endings.by_us
        self._knowledge.hear(happening, by_us=ours)
        if happening.action in _TOLD:
            self._changed.put_nowait(happening.machine_id)
        elif not happening.container:
            # Nothing is known of what happened meanwhile, so of all machines something may have.
            for machine_id in self._look.containers or ("",):
                self._changed.put_nowait(machine_id)

    async def usage(self, machine_id: str) -> Usage:
        """Return what a machine has used; see `Runtime.usage`."""
        found = self._look.containers.get(machine_id)
        if found is not None and found.running:
            await asyncio.to_thread(self._knowledge.measure, found)
        return self._knowledge.sample(machine_id).usage

    # --- limits -------------------------------------------------------------------------------

    async def _over_disk(self, container: Container, used_bytes: int) -> None:
        """End a container that is over its disk."""
        home = self._machines / container.machine_id
        values = {"used_bytes": used_bytes, "limit_bytes": container.disk_bytes}
        log.warning("docker.over-disk", machine=container.machine_id, **values)
        await asyncio.to_thread(guard.record, home, used_bytes, container.disk_bytes)
        await self.stop(container.machine_id, self._settings.stop_grace_seconds)

    async def close(self) -> None:
        """Let go of threads and connections; containers go on."""
        await self._rounds.close()
        self._events.close()
        self._pulls.close()
        self._client.close()


def _tidy(home: Path) -> None:
    """Remove what a machine had for itself alone."""
    shutil.rmtree(home / binds.TMP_BINDS, ignore_errors=True)
