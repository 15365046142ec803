"""The disk of containers: what the engine does not hold is measured now and then; what is over it is ended.

Rules of this file: blocking, for a worker thread. Counted are the writable layer (unless the engine holds it
to its size), volumes that the image declares, joboutputs and temporary binds. A layer that this factory may
not walk is asked of the engine, which takes longer. Why a machine is being ended is on disk before it is:
a restart in between must not take it for a payload that was killed.

A payload may fill its disk and fail of it between two looks, or fail of a file that the kernel cut off. Its
exit code tells of that only if SIGXFSZ killed it, and the first process of a container is not killed by it,
nor is one that ignores it, as Python does. So what failed by itself is looked at once more (`full`).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from vacnet.machines.directory import write_whole
from vacnet.machines.layout import JOBOUTPUTS
from vacnet.runtimes.docker.binds import TMP_BINDS
from vacnet.runtimes.docker.container import Container
from vacnet.runtimes.process.guard import disk_bytes

if TYPE_CHECKING:
    from vacnet.runtimes.docker.api import Api

OVER = "over_disk.json"
_SECRET = 0o600


def used_bytes(api: Api, container: Container, home: Path) -> int:
    """Return what a container has on disk."""
    layers = () if container.held_by_engine else container.layers
    walked = [layer for layer in layers if os.access(layer, os.R_OK | os.X_OK)]
    asked = 0 if container.held_by_engine or walked else _layer_bytes(api, container.id)
    return asked + disk_bytes([home / JOBOUTPUTS, home / TMP_BINDS, *walked])


def full(container: Container, home: Path) -> bool:
    """Tell whether an ended container has all that it may have on disk, as far as this factory may walk.

    The engine is not asked: this is looked at whenever ends are, also while the engine is slow.
    """
    walked = () if container.held_by_engine else container.layers
    return disk_bytes([home / JOBOUTPUTS, home / TMP_BINDS, *walked]) >= container.disk_bytes


def _layer_bytes(api: Api, container: str) -> int:
    """Ask the engine for the size of a writable layer; it walks it."""
    found = api.containers(all=True, size=True, filters={"id": [container]})
    return int(found[0].get("SizeRw") or 0) if found else 0


def record(home: Path, used: int, limit: int) -> None:
    """Write down that a machine is about to be ended for its disk.

    Raises:
        OSError: disk full, or the directory has been removed.
    """
    values = {"disk_used_bytes": used, "disk_limit_bytes": limit}
    write_whole(home / OVER, json.dumps(values).encode(), _SECRET, durable=True)


def recorded(home: Path) -> bool:
    """Tell whether that was written down."""
    return (home / OVER).exists()
