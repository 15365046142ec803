"""`ProcessRuntime`: plain processes as machines, for model `process`.

Rules of this file: it holds nothing that a restart would lose. What exists is what the engine
folders say (`files.py`); the lock of a folder tells whether its keeper lives. All this object has
of its own are watchers of running keepers, and the template that forks them.

The walk of a machine: folders, cgroups, plan (`prepare.py`) -> a keeper is forked (`starter.py`,
`template.py`) -> the keeper runs the payload (`keeper.py`, `payload.py`) -> a pidfd says that the
keeper has ended (`watch.py`) -> `seen()` reads what it wrote (`seen.py`).

What a unit file has to say so that machines outlive the factory: ``KillMode=process``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import structlog

from vacnet.machines.runtime import NotNowError, Seen, StartFailedError, Usage
from vacnet.machines.spec import LABEL_PREFIX, Spec
from vacnet.runtimes.engine.locks import Locks
from vacnet.runtimes.process import (
    by_hand,
    cgroups,
    guard,
    keeper,
    left_over,
    patience,
    prepare,
    seen,
    usage,
    user,
)
from vacnet.runtimes.process.means import Means, find_means
from vacnet.runtimes.process.seen import Folder
from vacnet.runtimes.process.starter import Starter
from vacnet.runtimes.process.watch import Watch
from vacnet.targets.model import Model, ProcessSettings

KILL_SECONDS = 10.0
"""How long a keeper may take to kill its tree before the factory looks into it."""
KEEPER_SECONDS = 2.0
"""How long a keeper whose payload is gone may take to record it, before its disk is suspected."""
GUARD_SECONDS = 30.0
"""How often disk, and memory without cgroups, are looked at."""
GRACE_SECONDS = 10.0
"""What a machine that is over its limits gets to end by itself; Docker's default."""

log = structlog.get_logger(__name__)


class ProcessRuntime:
    """Runs machines as process trees of this host; implements `vacnet.machines.runtime.Runtime`."""

    name = "process"
    models = frozenset({Model.PROCESS})

    def __init__(
        self,
        settings: ProcessSettings,
        state_directory: Path,
        factory: str,
        *,
        guard_seconds: float = GUARD_SECONDS,
    ) -> None:
        """Look after machines below `state_directory`, in `machines/<id>`, that bear `factory`'s label."""
        self._settings = settings
        self._machines = state_directory / "machines"
        self._state = state_directory
        self._factory = factory
        self._means: Means | None = None
        self._starter = Starter()
        self._watch = Watch()
        self._locks = Locks()
        self._guard_seconds = guard_seconds
        self._guarding: asyncio.Task[None] | None = None

    # --- what there is to work with --------------------------------------------------------------

    async def probe(self) -> str:
        """Find out what this host offers; return an empty text, or what an admin has to mend."""
        try:
            await self._find_means()
        except NotNowError as error:
            return str(error)
        return ""

    async def _find_means(self) -> Means:
        if self._means is None:
            self._means = await find_means(self._settings, self._state)
            log.info("process.means", details=list(self.details))
        return self._means

    @property
    def details(self) -> tuple[str, ...]:
        """How machines are held on this host, in words; empty before the first good probe."""
        return self._means.words() if self._means else ()

    # --- start -----------------------------------------------------------------------------------

    async def start(self, spec: Spec) -> str:
        """Start a machine; see `Runtime.start`.

        Raises:
            StartFailedError: its command cannot be executed here, or the host refused a process.
            NotNowError: settings or host do not allow process machines now.
        """
        means = await self._find_means()
        async with self._locks.of(spec.id), patience.alone(spec.directory):
            found = await patience.settled(spec.directory)
            if found is not None:
                return self._adopt(found)
            await self._prepare(spec, means)
            return await self._run(spec)

    async def _prepare(self, spec: Spec, means: Means) -> None:
        try:
            user.check_reach(means.user, spec.directory)
            plan = await asyncio.to_thread(prepare.prepare, spec, means)
            uid = plan["user"]["uid"] if plan["user"] else os.getuid()
            log.info("process.create", machine=spec.name, id=spec.id, uid=uid, sandboxed=plan["sandboxed"])
            log.debug("process.by-hand", machine=spec.name, id=spec.id, command=by_hand.line(plan))
        except OSError as error:
            self._clear(spec)
            raise StartFailedError(f"{error.filename or spec.directory}: {error.strerror}") from error
        except (StartFailedError, NotNowError):
            self._clear(spec)
            raise

    async def _run(self, spec: Spec) -> str:
        answer, _, reason = (await self._starter.ask(spec.directory)).partition(" ")
        found = await patience.settled(spec.directory)
        if answer == "failed" or found is None:
            self._clear(spec)
            raise StartFailedError(
                reason or f"{spec.directory} was removed while {spec.id} was being started"
            )
        return self._adopt(found)

    def _clear(self, spec: Spec) -> None:
        """Leave nothing of a start that failed."""
        trees = self._means.trees if self._means else ()
        cgroups.remove(cgroups.folders(trees, self._factory, self._state, spec.id))
        prepare.tidy(spec.directory)
        left_over.remove(spec.directory)

    async def _where_cgroups_are(self, machine_id: str) -> list[str]:
        """Return where the cgroups of a machine are, also before the first good probe of this life."""
        trees = self._means.trees if self._means else await asyncio.to_thread(cgroups.trees)
        return cgroups.folders(trees, self._factory, self._state, machine_id)

    def _adopt(self, found: Folder) -> str:
        self._watch.add(found)
        self._start_guard()
        return found.reference

    # --- stop and forget -------------------------------------------------------------------------

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        """End a machine and all that it started; see `Runtime.stop`.

        Raises:
            NotNowError: it cannot be ended now, and why.
        """
        async with self._locks.of(machine_id):
            directory = self._machines / machine_id
            found = await patience.settled(directory)
            if found is not None and found.running:
                await self._end(found, grace_seconds)
                await patience.settled(directory)

    async def _end(self, found: Folder, grace_seconds: float) -> None:
        gone = self._watch.add(found)
        for number, seconds in ((keeper.ASK, grace_seconds), (keeper.KILL, KILL_SECONDS)):
            left_over.signal_keeper(found, number)
            if await patience.comes(gone, seconds):
                return
        await asyncio.to_thread(left_over.end, found)
        if not await patience.comes(gone, KEEPER_SECONDS):
            raise NotNowError(
                f"the keeper of {found.plan['machine']}, process {found.reference.partition(':')[0]}, "
                f"has ended the machine and does not end itself: can it write to {found.directory}?"
            )

    async def forget(self, machine_id: str) -> None:
        """Remove engine folder, cgroups and scratch of an ended machine; see `Runtime.forget`.

        Raises:
            NotNowError: what is left of it cannot be put in order now, and why.
        """
        async with self._locks.of(machine_id):
            directory = self._machines / machine_id
            found = await patience.settled(directory)
            groups = found.plan["cgroups"] if found else await self._where_cgroups_are(machine_id)
            if found is None:
                await asyncio.to_thread(left_over.end_unseen, directory, groups)
            if found is None or not found.running:
                cgroups.remove(groups)
                await asyncio.to_thread(prepare.tidy, directory)
                await asyncio.to_thread(left_over.remove, directory)

    # --- looking ---------------------------------------------------------------------------------

    async def seen(self) -> Mapping[str, Seen]:
        """Return every machine of this factory; see `Runtime.seen`. Starts to watch those that run.

        Raises:
            NotNowError: a machine cannot be put in order now, and nothing may be concluded.
        """
        found = await asyncio.to_thread(self._look_at_all)
        settled = [one if one.running or one.finished else await self._settle(one) for one in found]
        there = [one for one in settled if one is not None]
        for one in there:
            if one.running:
                self._adopt(one)
        judged = await asyncio.to_thread(lambda: list(map(guard.judged, there)))
        return {one.plan["machine"]: seen.describe(one) for one in judged}

    async def _settle(self, found: Folder) -> Folder | None:
        """Put a machine in order, after a start, stop or forget of ours that is at work on it."""
        async with self._locks.of(found.plan["machine"]):
            return await patience.settled(found.directory)

    def _look_at_all(self) -> list[Folder]:
        directories = sorted(self._machines.iterdir()) if self._machines.is_dir() else []
        found = (seen.look(one) for one in directories)
        return [one for one in found if one is not None and self._is_ours(one)]

    def _is_ours(self, folder: Folder) -> bool:
        return folder.plan["labels"].get(LABEL_PREFIX + "factory") == self._factory

    def changes(self) -> AsyncIterator[str]:
        """Yield the id of each machine whose keeper has ended; see `Runtime.changes`."""
        return self._watch.changes()

    async def usage(self, machine_id: str) -> Usage:
        """Return what a machine has used; see `Runtime.usage`."""
        found = await asyncio.to_thread(seen.look, self._machines / machine_id)
        return Usage() if found is None else await asyncio.to_thread(usage.of, found)

    # --- limits ----------------------------------------------------------------------------------

    def _start_guard(self) -> None:
        if self._guarding is None:
            self._guarding = asyncio.create_task(self._guard(), name="process guard")

    async def _guard(self) -> None:
        while True:
            await asyncio.sleep(self._guard_seconds)
            with contextlib.suppress(NotNowError, OSError):  # the next look may go better
                running = [one for one in await asyncio.to_thread(self._look_at_all) if one.running]
                await asyncio.gather(*(self._hold(folder) for folder in running))

    async def _hold(self, folder: Folder) -> None:
        values = await asyncio.to_thread(guard.excess, folder)
        if values is not None:
            machine = folder.plan["machine"]
            log.warning("process.over-limit", machine=machine, **values)
            await asyncio.to_thread(guard.record, folder, values)
            await self.stop(machine, GRACE_SECONDS)

    async def close(self) -> None:
        """Let go of template and watchers; machines and their keepers go on."""
        if self._guarding is not None:
            self._guarding.cancel()
            await asyncio.wait([self._guarding])
        self._watch.close()
        self._starter.close()
