"""A site for tests of virtual machines: a state directory, a libvirt, small guests, and patience.

Most machines here boot a disk of one sector (`tools.guest.sector`), which takes a second; where a machine
is to use the network it boots Linux, which takes eight. At most two run at once: hosts of tests are small.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.engines.libvirtd import Libvirt
from tools.guest.sector import disk
from vacnet.factory.metadata_server import MetadataServer
from vacnet.machines import directory
from vacnet.machines.images import Format, HeldImage
from vacnet.machines.runtime import Seen
from vacnet.machines.spec import Spec
from vacnet.machines.surroundings import HostIdentity
from vacnet.runtimes.libvirt.client import Patience
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime
from vacnet.targets.model import LibvirtSettings, Model, Target

PATIENCE_SECONDS = 60.0
MIB = 1 << 20
_NUMBERS = itertools.count(time.time_ns() // 1000 % 10**11)


class Files:
    """Images of this host; who holds which."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    async def hold(self, target: Target, home: Path) -> HeldImage:
        path = Path(target.root_image)
        self.held.add(home.name)
        kind = Format.ISO if path.suffix == ".iso" else Format.RAW
        return HeldImage(path, kind, os.path.getsize(path))  # noqa: ASYNC240, PTH202 (at once)

    async def release(self, home: Path) -> None:
        self.held.discard(home.name)


def _library() -> ModuleType:
    """Return libvirt's library, where a test needs it: elsewhere its tests have to be collected too."""
    return importlib.import_module("libvirt")


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition that asks an engine, so not too often."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 (an engine changes it, not we)
            await asyncio.sleep(0.05)


class Site:
    """One state directory with its runtimes on one libvirt."""

    def __init__(self, root: Path, libvirt: Libvirt, guest: Path) -> None:
        self.root = root
        self.libvirt = libvirt
        self.guest = guest
        self.settings = LibvirtSettings(uri=libvirt.uri, domain_type="qemu")
        self.images = Files()
        self.connection = _library().open(libvirt.uri)
        self.runtimes: list[LibvirtRuntime] = []
        self.services: list[MetadataServer] = []

    def runtime(
        self,
        factory: str = "f1",
        *,
        state: Path | None = None,
        pause_seconds: float = 0.2,
        patience: Patience | None = None,
        **settings: Any,
    ) -> LibvirtRuntime:
        """Return a new runtime, as a factory that has just been started has it."""
        service = MetadataServer()
        made = LibvirtRuntime(
            LibvirtSettings(uri=self.libvirt.uri, **{"domain_type": "qemu", **settings}),
            state or self.root,
            factory,
            self.images,
            service,
            patience=patience,
            pause_seconds=pause_seconds,
        )
        self.runtimes.append(made)
        self.services.append(service)
        return made

    def sector(self, seconds: float | None = None, words: str = "begun") -> str:
        """Return the path of a disk whose guest ends after so long; None: when it is told to."""
        path = self.root / f"sector-{seconds}.raw"
        path.write_bytes(disk(words, seconds).ljust(MIB, b"\0"))
        path.chmod(0o644)
        return str(path)

    def spec(
        self,
        image: str,
        script: str = "",
        *,
        factory: str = "f1",
        number: int = 0,
        memory_bytes: int = 32 * MIB,
        disk_bytes: int = 0,
        **target: Any,
    ) -> Spec:
        """Return a machine with its directory as the factory prepares it."""
        serial = next(_NUMBERS)
        options = {"machine_model": Model.VM, **target}
        spec = Spec(
            id=f"{serial}_t_{number:02d}",
            uuid=str(uuid.uuid4()),
            name=f"m{serial}.example.org",
            number=number,
            factory=factory,
            space="test",
            target=Target(name="t", root_image=image, **options),
            processors=1,
            memory_bytes=memory_bytes,
            disk_bytes=disk_bytes,
            directory=self.root / "machines" / f"{serial}_t_{number:02d}",
            created_wall=int(time.time()),
            deadline_at=1e9,
            deadline_wall=int(time.time()) + 3600,
            ticket_number=0,
            window_number=0,
            window_opener="",
        )
        host = HostIdentity(factory=factory, space="test", boot_id="", host="m")
        directory.prepare(spec, host, f"#!/bin/busybox sh\n{script}\n".encode())
        return spec

    def linux(self, script: str, **spec: Any) -> Spec:
        """Return a machine that boots Linux and runs a script there."""
        return self.spec(str(self.guest), script, **{"memory_bytes": 96 * MIB, **spec})

    def console(self, spec: Spec) -> str:
        """Return what the machine said."""
        path = spec.directory / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def domains(self) -> dict[str, Any]:
        """Return every domain of this libvirt by its name."""
        return {one.name(): one for one in self.connection.listAllDomains(0)}

    def domain(self, spec: Spec) -> Any:
        """Return libvirt's handle of a machine."""
        return self.connection.lookupByUUIDString(spec.uuid)

    def again(self) -> None:
        """Open the test's own connection anew, to a libvirt that was started again."""
        self.connection = _library().open(self.libvirt.uri)

    async def ended(self, runtime: LibvirtRuntime, spec: Spec) -> Seen:
        """Wait for the end of a machine and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            changes = runtime.changes()
            while (seen := (await runtime.seen())[spec.id]).running:
                await anext(changes)
        return seen

    async def begun(self, spec: Spec) -> None:
        """Wait until the guest has spoken."""
        await until(lambda: "begun" in self.console(spec), f"{spec.name} has begun")

    async def close(self) -> None:
        """Leave nothing of any factory."""
        for runtime in self.runtimes:
            await runtime.close()
        for service in self.services:
            await service.close()
        for domain in self.domains().values():
            if domain.isActive():
                domain.destroy()
            domain.undefine()
        for network in self.connection.listAllNetworks(0):
            lasts = network.isPersistent()
            if network.isActive():
                network.destroy()
            if lasts:
                network.undefine()
        self.connection.close()
