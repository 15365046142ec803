"""A site for tests of Docker machines: a state directory, an engine, tiny payloads, and patience."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from docker import APIClient
from docker.errors import NotFound

from vacnet.machines.runtime import Seen
from vacnet.machines.spec import Spec
from vacnet.runtimes.docker import binds
from vacnet.runtimes.docker.client import Patience
from vacnet.runtimes.docker.rounds import Paces
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.targets.model import DockerSettings, Model, Target

PATIENCE_SECONDS = 60.0
MIB = 1 << 20
FAST = Paces(measure_seconds=0.1, console_seconds=0.1, disk_seconds=0.1)
_NUMBERS = itertools.count(time.time_ns() // 1000 % 10**11)
"""Ids and names that no other run on the same engine has."""


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail with `what` was waited for."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends, f"waited {PATIENCE_SECONDS:.0f} s in vain until {what}"
        await asyncio.sleep(0.01)


class Site:
    """One state directory with its runtimes on one engine."""

    def __init__(self, root: Path, socket: str, image: str) -> None:
        self.root = root
        self.image = image
        self.prefix = f"t{next(_NUMBERS)}"
        self.settings = DockerSettings(socket=socket, stop_grace_seconds=1)
        self.api = APIClient(base_url=socket, version="auto", timeout=60)
        self.runtimes: list[DockerRuntime] = []
        self.foreign: list[str] = []
        """Containers of strangers, to be removed in the end."""

    def factory(self, name: str) -> str:
        """Return a factory's name that only this site has."""
        return f"{self.prefix}-{name}"

    def runtime(
        self,
        factory: str = "f1",
        *,
        cvmfs: Path = binds.CVMFS,
        patience: Patience | None = None,
        paces: Paces = FAST,
        **settings: Any,
    ) -> DockerRuntime:
        """Return a new runtime, as a factory that has just been started has it."""
        changed = msgspec.structs.replace(self.settings, **settings)
        made = DockerRuntime(
            changed,
            self.root,
            self.factory(factory),
            cvmfs=cvmfs,
            paces=paces,
            patience=patience,
        )
        self.runtimes.append(made)
        return made

    def spec(
        self,
        script: str,
        *,
        factory: str = "f1",
        memory_bytes: int = 64 * MIB,
        disk_bytes: int = 0,
        processors: int = 1,
        **target: Any,
    ) -> Spec:
        """Return a machine whose user_data is `script`, with its directory as the factory prepares it."""
        number = next(_NUMBERS)
        directory = self.root / "machines" / f"{number}_t_00"
        for folder in ("machinefeatures", "jobfeatures", "joboutputs"):
            (directory / folder).mkdir(parents=True)
        directory.chmod(0o700)
        user_data = directory / "user_data"
        user_data.write_text(f"#!/bin/sh\n{script}\n")
        user_data.chmod(0o600)
        (directory / "machinefeatures" / "total_cpu").write_text(f"{processors}")
        options = {"root_image": f"docker://{self.image}", "machine_model": Model.DOCKER, **target}
        return Spec(
            id=directory.name,
            uuid=str(uuid.uuid4()),
            name=f"m{number}.example.org",
            number=0,
            factory=self.factory(factory),
            space="test",
            target=Target(name="t", **options),
            processors=processors,
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
        """Return what of the machine's words has been copied so far."""
        path = spec.directory / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what the engine shows of a container; empty when there is none."""
        try:
            shown: dict[str, Any] = self.api.inspect_container(name)
        except NotFound:
            return {}
        return shown

    def containers(self, factory: str = "f1") -> list[dict[str, Any]]:
        """Return all containers with a factory's label."""
        label = f"vacnet.factory={self.factory(factory)}"
        found: list[dict[str, Any]] = self.api.containers(all=True, filters={"label": [label]})
        return found

    async def run(self, spec: Spec, runtime: DockerRuntime | None = None) -> Seen:
        """Start a machine, wait until it has ended, and return how."""
        runtime = runtime or self.runtime()
        await runtime.start(spec)
        return await self.ended(runtime, spec.id)

    async def ended(self, runtime: DockerRuntime, machine_id: str) -> Seen:
        """Wait for the end of a machine and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            changes = runtime.changes()
            while (seen := (await runtime.seen())[machine_id]).running:
                await anext(changes)
        return seen

    async def close(self) -> None:
        """End and forget everything, whichever factory it belongs to."""
        for runtime in self.runtimes:
            await runtime.close()
        rows = self.api.containers(all=True)
        ours = [row["Id"] for row in rows if _factory_of(row).startswith(self.prefix)]
        for container in {*ours, *self.foreign}:
            self.api.remove_container(container, v=True, force=True)
        self.api.close()


def _factory_of(row: dict[str, Any]) -> str:
    return str((row["Labels"] or {}).get("vacnet.factory", ""))


def socket_of_engine() -> str:
    """Return where the engine of these tests is."""
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
