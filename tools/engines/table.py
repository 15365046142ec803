"""The engines, one row each: how to see that it answers, what brings it, what starts it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tools.engines.cloud_init import private_cloud_init, probe_cloud_init
from tools.engines.dockerd import private_docker
from tools.engines.libvirtd import PACKAGES as LIBVIRT_PACKAGES
from tools.engines.libvirtd import means_of_libvirt
from tools.engines.probe import (
    probe_bwrap,
    probe_docker,
    probe_libvirt,
    probe_node,
    probe_promtool,
    probe_tshark,
)

Start = Callable[[Path], AbstractContextManager[Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine."""

    name: str
    """As in `@pytest.mark.engine(name)`."""
    probe: Callable[[], str]
    """Return an empty text when it answers, else why not and what to do."""
    packages: tuple[str, ...]
    """Debian packages that bring it."""
    start: Start | None = None
    """Start it under a directory and give the environment that leads to it; None: nothing to start."""


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine(name="bwrap", probe=probe_bwrap, packages=("bubblewrap",)),
        Engine(
            name="cloud-init",
            probe=probe_cloud_init,
            packages=("iproute2", "genisoimage"),
            start=private_cloud_init,
        ),
        Engine(
            name="docker",
            probe=probe_docker,
            packages=("docker.io", "iptables", "iproute2", "busybox-static", "btrfs-progs"),
            start=private_docker,
        ),
        Engine(name="libvirt", probe=probe_libvirt, packages=LIBVIRT_PACKAGES, start=means_of_libvirt),
        Engine(name="node", probe=probe_node, packages=("nodejs", "npm")),
        Engine(name="promtool", probe=probe_promtool, packages=("prometheus",)),
        Engine(name="tshark", probe=probe_tshark, packages=("tshark",)),
    )
}


def wanted() -> bool:
    """Tell whether missing engines are to be brought, and are a failure if they cannot be."""
    return bool(os.environ.get("CI")) or os.environ.get("ENGINES") == "install"
