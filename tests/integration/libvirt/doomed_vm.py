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
    places: ClassVar[dict[Path, tuple[str, str]]] = {}
    """Directory of machines to the libvirt they are on, and the factory they are of."""

    def __init__(
        self, settings: LibvirtSettings, state_directory: Path, factory: str, *given: Any, **more: Any
    ) -> None:
        super().__init__(settings, state_directory, factory, *given, **more)
        self.places[state_directory / "machines"] = (settings.uri, factory)

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
    uri, factory = Troubled.places[directory.parent]
    connection = importlib.import_module("libvirt").open(uri)
    for domain in connection.listAllDomains(0):
        # A machine's id is its factory's alone.
        if labels.machine_of(carried_by(domain), factory, domain.UUIDString()) == directory.name:
            domain.undefine()  # first: so that it is gone, and not ended, when it is destroyed
            domain.destroy()
    connection.close()


if __name__ == "__main__":
    setattr(engines, "LibvirtRuntime", Troubled)  # noqa: B010 (the module exports no such name)
    setattr(doomed, "remove", remove)  # noqa: B010
    sys.exit(doomed.main())
