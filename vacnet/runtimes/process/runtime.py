"""`ProcessRuntime`: plain processes as machines, for model `process`.

Rules of this file: it holds nothing that a restart would lose. What exists is what the engine
folders say (`files.py`); the lock of a folder tells whether its keeper lives. All this object has
of its own are watchers of running keepers and the template that forks them.

The walk of a machine: folders, cgroups, plan (`prepare.py`) -> a keeper is forked (`starter.py`,
`template.py`) -> the keeper runs the payload (`keeper.py`, `payload.py`) -> a pidfd says that the
keeper has ended (pidfd_open(2)) -> `seen()` reads what it wrote.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from vacnet.machines.runtime import NotNowError, Seen, StartFailedError, Usage
from vacnet.machines.spec import LABEL_PREFIX, Spec
from vacnet.runtimes.process import cgroups, keeper, left_over, prepare, sandbox, seen, usage, user
from vacnet.runtimes.process.plan import User
from vacnet.runtimes.process.seen import Folder
from vacnet.runtimes.process.starter import Starter
from vacnet.runtimes.process.watch import Watch
from vacnet.targets.model import Model, ProcessSettings

KILL_SECONDS = 10.0
"""How long a keeper may take to kill its tree before the factory does it itself."""


class ProcessRuntime:
    """Runs machines as process trees of this host; implements `vacnet.machines.runtime.Runtime`."""

    name = "process"
    models = frozenset({Model.PROCESS})

    def __init__(self, settings: ProcessSettings, state_directory: Path, factory: str) -> None:
        """Look after the machines below `state_directory` that bear the label of `factory`."""
        self._settings = settings
        self._state = state_directory
        self._factory = factory
        self._means: prepare.Means | None = None
        self._starter = Starter()
        self._watch = Watch()
        self._locks: dict[str, asyncio.Lock] = {}
        self.details: tuple[str, ...] = ()
        """After a probe: how machines are held, for the log and for `vacnet factories`."""

    async def probe(self) -> str:
        """Find out what this host offers; return an empty text, or what an admin has to mend."""
        try:
            await self._find_means()
        except NotNowError as error:
            return str(error)
        return ""

    async def _find_means(self) -> prepare.Means:
        who = user.choose(self._settings.process_user)
        trees = await asyncio.to_thread(cgroups.trees)
        bwrap = await self._find_bwrap(who)
        self._means = prepare.Means(who, trees, bwrap, self._state)
        return self._means

    async def _find_bwrap(self, who: User | None) -> str:
        if self._settings.sandbox == "none":
            return ""
        reason = await sandbox.probe(who)
        if reason and self._settings.sandbox == "bwrap":
            raise NotNowError(f"[runtimes.process] sandbox is 'bwrap', and it cannot be used: {reason}")
        return "" if reason else shutil.which("bwrap") or ""

    async def start(self, spec: Spec) -> str:
        """Start a machine; see `Runtime.start`. Its directory is `machines/<id>` of the state directory.

        Raises:
            StartFailedError: its command cannot be executed here, or the host refused a process.
            NotNowError: settings or host do not allow process machines now.
        """
        async with self._lock(spec.id):
            found = await asyncio.to_thread(seen.look, spec.directory)
            if found is not None and found.keeper is not None:
                return self._adopt(found)
            means = self._means or await self._find_means()
            user.check_reach(means.user, spec.directory)
            await self._prepare(spec, means)
            return await self._run(spec)

    async def _prepare(self, spec: Spec, means: prepare.Means) -> None:
        try:
            await asyncio.to_thread(prepare.prepare, spec, means)
        except OSError as error:
            self._clear(spec)
            raise StartFailedError(f"{error.filename or spec.directory}: {error.strerror}") from error

    async def _run(self, spec: Spec) -> str:
        answer, _, reason = (await self._starter.ask(spec.directory)).partition(" ")
        found = await asyncio.to_thread(seen.look, spec.directory)
        if answer == "failed" or found is None:
            self._clear(spec)
            raise StartFailedError(
                reason or f"the start of {spec.id} was given up: its folder has been removed"
            )
        return self._adopt(found)

    def _clear(self, spec: Spec) -> None:
        seen.remove(spec.directory)
        cgroups.remove(cgroups.folders(self._means.trees if self._means else (), spec.factory, spec.id))

    def _adopt(self, found: Folder) -> str:
        self._watch.add(found)
        return found.reference

    def _lock(self, machine_id: str) -> asyncio.Lock:
        return self._locks.setdefault(machine_id, asyncio.Lock())

    def _directory(self, machine_id: str) -> Path:
        return self._state / "machines" / machine_id

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        """End a machine and all that it started; see `Runtime.stop`."""
        async with self._lock(machine_id):
            found = await asyncio.to_thread(seen.look, self._directory(machine_id))
            if found is None:
                return
            if found.running:
                await self._end(found, grace_seconds)
            await asyncio.to_thread(left_over.end, found)

    async def _end(self, found: Folder, grace_seconds: float) -> None:
        gone = self._watch.add(found)
        for number, seconds in ((keeper.ASK, grace_seconds), (keeper.KILL, KILL_SECONDS)):
            left_over.signal_keeper(found, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), seconds)
                return

    async def forget(self, machine_id: str) -> None:
        """Remove engine folder, cgroups and scratch of an ended machine; see `Runtime.forget`."""
        async with self._lock(machine_id):
            directory = self._directory(machine_id)
            found = await asyncio.to_thread(seen.look, directory)
            if found is not None and not found.running:
                await asyncio.to_thread(left_over.end, found)
                await asyncio.to_thread(prepare.tidy, directory)
                cgroups.remove(found.plan["cgroups"])
                seen.remove(directory)
        self._locks.pop(machine_id, None)

    async def seen(self) -> Mapping[str, Seen]:
        """Return every machine of this factory; see `Runtime.seen`. Starts watching those that run."""
        found = await asyncio.to_thread(self._look_at_all)
        for folder in found:
            if folder.running:
                self._watch.add(folder)
        return {folder.plan["machine"]: seen.describe(folder) for folder in found}

    def _look_at_all(self) -> list[Folder]:
        machines = self._state / "machines"
        directories = sorted(machines.iterdir()) if machines.is_dir() else []
        folders = [seen.look(one) for one in directories if not self._busy(one.name)]
        ours = [one for one in folders if one is not None and self._is_ours(one)]
        return [one if one.running or one.ended else left_over.settle(one) for one in ours]

    def _busy(self, machine_id: str) -> bool:
        """Tell whether a start, stop or forget of ours is at work on a machine just now."""
        return machine_id in self._locks and self._locks[machine_id].locked()

    def _is_ours(self, folder: Folder) -> bool:
        return folder.plan["labels"].get(LABEL_PREFIX + "factory") == self._factory

    def changes(self) -> AsyncIterator[str]:
        """Yield the id of each machine whose keeper has ended; see `Runtime.changes`."""
        return self._watch.changes()

    async def usage(self, machine_id: str) -> Usage:
        """Return what a machine has used; see `Runtime.usage`."""
        found = await asyncio.to_thread(seen.look, self._directory(machine_id))
        return Usage() if found is None else await asyncio.to_thread(usage.of, found)

    async def close(self) -> None:
        """Let go of template and watchers; machines and their keepers go on."""
        self._watch.close()
        self._starter.close()
