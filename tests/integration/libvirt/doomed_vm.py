"""The doomed daemon of the fault points, with virtual machines: `-m tests.integration.libvirt.doomed_vm DIR`.

What is another thing with libvirt than with processes stands here: whose calls fail first, and what a foreign
hand does to a machine (`virsh undefine`, `virsh destroy`).
"""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tests.integration.faults import doomed
from vacnet.factory import engines
from vacnet.machines.runtime import NotNowError, Seen
from vacnet.machines.spec import Spec
from vacnet.runtimes.libvirt import labels
from vacnet.runtimes.libvirt.look import carried_by
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime
from vacnet.targets.model import LibvirtSettings


class Troubled(LibvirtRuntime):
    """The libvirt runtime, of which the first calls fail as an engine's that is away."""

    calls: ClassVar[Counter[str]] = Counter()
    uris: ClassVar[list[str]] = []

    def __init__(self, settings: LibvirtSettings, *given: Any, **more: Any) -> None:
        super().__init__(settings, *given, **more)
        self.uris.append(settings.uri)

    def _fails(self, call: str) -> None:
        self.calls[call] += 1
        if self.calls[call] <= doomed.FATE.away.get(call, 0):
            raise NotNowError("the engine is away")

    async def start(self, spec: Spec) -> str:
        self._fails("start")
        return await super().start(spec)

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        self._fails("stop")
        await super().stop(machine_id, grace_seconds)

    async def seen(self) -> Mapping[str, Seen]:
        self._fails("seen")
        return await super().seen()


def remove(directory: Path) -> None:
    """Remove a machine's domain as somebody does who knows nothing of vacnet."""
    connection = importlib.import_module("libvirt").open(Troubled.uris[-1])
    for domain in connection.listAllDomains(0):
        if carried_by(domain).get(labels.MACHINE) == directory.name:
            domain.undefine()  # first: so that it is gone, and not ended, when it is destroyed
            domain.destroy()
    connection.close()


if __name__ == "__main__":
    setattr(engines, "LibvirtRuntime", Troubled)  # noqa: B010 (the module exports no such name)
    setattr(doomed, "remove", remove)  # noqa: B010
    sys.exit(doomed.main())
