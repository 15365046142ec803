"""The doomed daemon of the fault points, with virtual machines: `-m tests.integration.libvirt.doomed_vm DIR`.

What is another thing with libvirt than with processes stands here: whose calls fail first, and what a foreign
hand does to a machine (`virsh undefine`, `virsh destroy`).
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, ClassVar

from tests.integration.faults import doomed
from tests.integration.faults.failing import Failing
from vacnet.factory import engines
from vacnet.runtimes.libvirt import labels
from vacnet.runtimes.libvirt.look import carried_by
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime
from vacnet.targets.model import LibvirtSettings


class Troubled(Failing, LibvirtRuntime):
    """The libvirt runtime, of which the first calls fail as an engine's that is away."""

    away = doomed.FATE.away
    places: ClassVar[dict[Path, tuple[str, str]]] = {}
    """Directory of machines to the libvirt they are on, and the factory they are of."""

    def __init__(
        self, settings: LibvirtSettings, state_directory: Path, factory: str, *given: Any, **more: Any
    ) -> None:
        super().__init__(settings, state_directory, factory, *given, **more)
        self.places[state_directory / "machines"] = (settings.uri, factory)


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
