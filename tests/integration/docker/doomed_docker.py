"""The doomed daemon of the fault points, with containers: `-m tests.integration.docker.doomed_docker DIR`.

What is another thing with Docker than with processes stands here: whose calls fail first, and what a foreign
hand does to a machine (`docker rm -f`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

from docker import APIClient

from tests.integration.faults import doomed
from tests.integration.faults.failing import Failing
from vacnet.factory import engines
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.targets.model import DockerSettings


class Troubled(Failing, DockerRuntime):
    """The Docker runtime, of which the first calls fail as an engine's that is away."""

    away = doomed.FATE.away
    places: ClassVar[dict[Path, tuple[str, str]]] = {}
    """Directory of machines to the engine they are on, and the factory they are of."""

    def __init__(self, settings: DockerSettings, state_directory: Path, factory: str) -> None:
        super().__init__(settings, state_directory, factory)
        self.places[state_directory / "machines"] = (settings.socket, factory)


def remove(directory: Path) -> None:
    """Remove a machine's container as somebody does who knows nothing of vacnet."""
    socket, factory = Troubled.places[directory.parent]
    api = APIClient(base_url=socket, version="auto")
    # A machine's id is its factory's alone.
    labels = [f"vacnet.factory={factory}", f"vacnet.machine={directory.name}"]
    for row in api.containers(all=True, filters={"label": labels}):
        api.remove_container(row["Id"], force=True)
    api.close()


if __name__ == "__main__":
    setattr(engines, "DockerRuntime", Troubled)  # noqa: B010 (the module exports no such name)
    setattr(doomed, "remove", remove)  # noqa: B010
    sys.exit(doomed.main())
