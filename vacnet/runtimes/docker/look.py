"""Looking at an engine: every container of ours in one list, each inspected once for each of its states.

Rules of this file: blocking, for a worker thread. The list tells only states and labels, cheaply; what else
is wanted costs a call for each container, so it is kept until its state changes or an event names it. The
engine filters by our factory's label, and what it returns is checked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vacnet.runtimes.docker.container import FACTORY_LABEL, Container, container_of, machine_of, unix_seconds

if TYPE_CHECKING:
    from vacnet.runtimes.docker.api import Api

DEFAULT_NETWORK = "bridge"
_GOING = "removing"


class Look:
    """What was seen of our containers, by machine."""

    def __init__(self, factory: str) -> None:
        """Look for containers of `factory`."""
        self._factory = factory
        self.containers: dict[str, Container] = {}
        self._stale: set[str] = set()

    def doubt(self, container: str) -> None:
        """Inspect a container anew at the next look, whatever its state."""
        self._stale.add(container)

    def doubt_all(self) -> None:
        """Inspect everything anew: events were missed."""
        self._stale |= {one.id for one in self.containers.values()}

    def take(self, api: Api) -> dict[str, Container]:
        """Return every container of ours as it is now.

        Raises:
            Exception: whatever the library raises; see `client`.
        """
        doubted, self._stale = self._stale, set()
        try:
            found = {one.machine_id: one for one in self._each(api, doubted)}
        except BaseException:
            self._stale |= doubted
            raise
        self.containers = found
        return found

    def _each(self, api: Api, doubted: set[str]) -> Iterator[Container]:
        for row in listed(api, self._factory):
            machine_id = machine_of(row.get("Labels"), self._factory)
            state = str(row.get("State", "")).lower()
            if not machine_id or state == _GOING:
                continue
            known = self.containers.get(machine_id)
            if known and known.id == row["Id"] and known.status == state and known.id not in doubted:
                yield known
            elif (shown := inspected(api, row["Id"])) is not None:
                yield container_of(shown, machine_id)


def listed(api: Api, factory: str) -> list[dict[str, Any]]:
    """Return the engine's list of a factory's containers, ended ones too."""
    found: list[dict[str, Any]] = api.containers(all=True, filters={"label": [f"{FACTORY_LABEL}={factory}"]})
    return found


def inspected(api: Api, container: str) -> dict[str, Any] | None:
    """Return all that the engine shows of a container, by id or name; None when there is none."""
    from docker.errors import NotFound  # late: see `client`

    try:
        shown: dict[str, Any] = api.inspect_container(container)
        return shown
    except NotFound:
        return None


def beneath(api: Api, image: str) -> int:
    """Return how many bytes of an image a size of its containers' layers includes.

    Overlay file systems count what a container wrote; those that copy a whole file system for it (btrfs, zfs)
    count the image in it too.
    """
    from docker.errors import ImageNotFound  # late: see `client`

    try:
        shown = api.image(image)
    except ImageNotFound:
        return 0
    driver = str((shown.get("GraphDriver") or {}).get("Name"))
    return 0 if "overlay" in driver else int(shown.get("Size") or 0)


def engine_started(api: Api) -> float | None:
    """Return when the engine was started, as Unix seconds; None when it does not show.

    Engines do not tell. But Docker makes its default network anew each time it starts, unless live-restore
    keeps containers running: then none is lost. Podman does not, and its containers outlive it.
    """
    found = [one for one in api.networks(names=[DEFAULT_NETWORK]) if one.get("Name") == DEFAULT_NETWORK]
    return unix_seconds(found[0].get("Created")) if found else None
