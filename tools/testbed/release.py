"""Other versions of vacnet on a node: a wheel, unpacked into a directory that its factory then runs from."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tools.testbed.node import Node
from tools.testbed.plan import TestbedError
from tools.testbed.settings import put

CHOSEN = "release"
"""A file in the node's home, with the directory that the factory is started from."""


def choose(node: Node, wheel: Path) -> None:
    """Unpack a wheel for a node and choose it; the factory takes it at its next start.

    Raises:
        TestbedError: this is no wheel of vacnet.
    """
    place = node.releases / wheel.stem
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
    except (OSError, zipfile.BadZipFile) as error:
        raise TestbedError(f"{wheel} cannot be unpacked: {error}") from error
    if not (place / "vacnet" / "__init__.py").exists():
        raise TestbedError(f"{wheel} is no wheel of vacnet: it has no vacnet/__init__.py")
    put(node.home / CHOSEN, str(place))
