"""A site for tests of process machines: a state directory that any user may reach, specs, and patience."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vacnet.machines.runtime import Seen
from vacnet.machines.spec import Spec
from vacnet.runtimes.process import cgroups, proc
from vacnet.runtimes.process.runtime import ProcessRuntime
from vacnet.targets.model import Model, ProcessSettings, Target

PATIENCE_SECONDS = 30.0
MIB = 1 << 20
_NUMBERS = itertools.count(os.getpid() * 1000)


def token() -> str:
    """Return a number of seconds that no other `sleep` of this host sleeps."""
    return f"{1_000_000 + next(_NUMBERS)}"


def with_argument(word: str) -> list[int]:
    """Return the living processes that have `word` among their arguments."""
    found = []
    for one in proc.table().values():
        arguments = (proc.read(f"/proc/{one.pid}/cmdline") or b"").split(b"\0")
        if one.alive and word.encode() in arguments:
            found.append(one.pid)
    return found


def of_machines(prefix: str) -> set[str]:
    """Return the ids, beginning with `prefix`, of machines that have a living process."""
    marker, found = f"VACNET_MACHINE={prefix}".encode(), set()
    for one in proc.table().values():
        for entry in (proc.read(f"/proc/{one.pid}/environ") or b"").split(b"\0"):
            if one.alive and entry.startswith(marker):
                found.add(entry.partition(b"=")[2].decode())
    return found


def cgroups_of(pattern: str) -> list[Path]:
    """Return the cgroups of machines of factory f1 whose id matches a pattern, as `glob` has them."""
    while True:
        with suppress(FileNotFoundError):  # another site's folder went meanwhile: look again
            return [
                path for tree in cgroups.trees() for path in Path(tree.base, "vacnet").glob(f"f1-*/{pattern}")
            ]


def is_there(path: str) -> bool:
    """Tell whether anything has that name, a dead link too."""
    return os.path.lexists(path)


def leads_to(path: str) -> str:
    """Return what a symbolic link says."""
    return str(Path(path).readlink())


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail with `what` was waited for."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends, f"waited {PATIENCE_SECONDS:.0f} s in vain until {what}"
        await asyncio.sleep(0.01)


class Site:
    """One state directory with its runtimes."""

    def __init__(self, root: Path, sandbox: str) -> None:
        self.root = root
        self.prefix = f"{next(_NUMBERS)}"
        user = "nobody" if os.geteuid() == 0 else ""
        self.settings = ProcessSettings(process_user=user, sandbox=sandbox)
        self.runtimes: list[ProcessRuntime] = []

    def runtime(self, factory: str = "f1", *, guard_seconds: float = 30.0) -> ProcessRuntime:
        """Return a new runtime, as a factory that has just been started has it."""
        made = ProcessRuntime(self.settings, self.root, factory, guard_seconds=guard_seconds)
        self.runtimes.append(made)
        return made

    def spec(
        self,
        script: str | bytes,
        *,
        factory: str = "f1",
        memory_bytes: int = 256 * MIB,
        disk_bytes: int = 0,
        command: str = "/user_data",
    ) -> Spec:
        """Return a machine whose user_data is `script`, with its directory as the factory prepares it."""
        number = next(_NUMBERS)
        directory = self.root / "machines" / f"{self.prefix}_{number}"
        for folder in ("machinefeatures", "jobfeatures", "joboutputs"):
            (directory / folder).mkdir(parents=True)
        user_data = directory / "user_data"
        user_data.write_bytes(script if isinstance(script, bytes) else f"#!/bin/sh\n{script}\n".encode())
        user_data.chmod(0o700)
        directory.chmod(0o711)
        (directory / "machinefeatures" / "total_cpu").write_text("1")
        return Spec(
            id=directory.name,
            uuid=str(uuid.uuid4()),
            name="host-00.example.org",
            number=0,
            factory=factory,
            space="test",
            target=Target(name="t", machine_model=Model.PROCESS, container_command=command),
            processors=1,
            memory_bytes=memory_bytes,
            disk_bytes=disk_bytes,
            directory=directory,
            created_wall=1,
            deadline_at=1e9,
            deadline_wall=2,
            ticket_number=0,
            window_number=0,
            window_opener="",
        )

    def console(self, spec: Spec) -> str:
        """Return what the machine has said so far."""
        path = spec.directory / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def run(self, spec: Spec, runtime: ProcessRuntime | None = None) -> Seen:
        """Start a machine, wait until it has ended, and return how."""
        runtime = runtime or self.runtime()
        await runtime.start(spec)
        return await self.ended(runtime, spec.id)

    async def ended(self, runtime: ProcessRuntime, machine_id: str) -> Seen:
        """Wait for the end of a machine and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            changes = runtime.changes()
            while (seen := (await runtime.seen())[machine_id]).running:
                await anext(changes)
        return seen

    async def close(self) -> None:
        """End and forget everything, whichever factory it belongs to."""
        for runtime in (*self.runtimes, self.runtime("f1"), self.runtime("f2")):
            for machine_id in await runtime.seen():
                await runtime.stop(machine_id, 0.0)
                await runtime.forget(machine_id)
            await runtime.close()
