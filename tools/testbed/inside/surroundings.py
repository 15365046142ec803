"""What a node finds when it begins, made fit for an engine: cgroups, mounts, its network card."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from tools.space.waiting import until
from tools.testbed.faults import CARD

CGROUPS = Path("/sys/fs/cgroup")
CARD_SECONDS = 30.0
FILE = "node.json"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the testbed tells the first process of a node, in `node.json` of its home."""

    place: str
    """The node's home."""
    host_name: str
    cgroup: str = ""
    """Where the engine keeps its containers; empty: the node has a view of cgroups of its own."""
    address: str = ""
    """Given to the network card where no engine did that (name spaces)."""
    disk_mib: int = 0
    """Size of a disk in memory where no engine mounted it (name spaces)."""
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Variables that its factory gets."""

    @property
    def home(self) -> Path:
        """Return the node's home."""
        return Path(self.place)


def read(home: Path) -> Surroundings:
    """Return what a node is told."""
    return msgspec.json.decode((home / FILE).read_bytes(), type=Surroundings)


def write(told: Surroundings) -> None:
    """Tell a node."""
    (told.home / FILE).write_bytes(msgspec.json.encode(told))


def prepare(around: Surroundings) -> None:
    """Make the place fit for an engine.

    Raises:
        subprocess.CalledProcessError: the node may not do that; the log has the words of the command.
    """
    if around.address:
        _be_alone(around)
    else:
        _write_to_cgroups()
    for folder in ("disk/docker", "disk/vacnet"):
        (around.home / folder).mkdir(parents=True, exist_ok=True)
    # Users that machines run as pass through, and need not look.
    (around.home / "disk/vacnet").chmod(0o711)


def _be_alone(around: Surroundings) -> None:
    """Have a /run, a network card and a disk of one's own, as a container has them from the beginning."""
    _do("mount", "-t", "tmpfs", "tmpfs", "/run")
    if around.disk_mib:
        _do("mount", "-t", "tmpfs", "-o", f"size={around.disk_mib}m", "tmpfs", str(around.home / "disk"))
    until(Path("/proc/self/net/dev").exists, CARD_SECONDS, "there is a network")
    until(lambda: f"{CARD}:" in Path("/proc/self/net/dev").read_text(), CARD_SECONDS, "there is a card")
    _do("ip", "address", "add", f"{around.address}/24", "dev", CARD)
    for device in ("lo", CARD):
        _do("ip", "link", "set", device, "up")


def _write_to_cgroups() -> None:
    """Make the container's own view of cgroups writable; version 2 wants its root empty of processes."""
    second = (CGROUPS / "cgroup.controllers").exists()
    for mounted in (CGROUPS,) if second else CGROUPS.iterdir():
        if mounted.is_dir() and not mounted.is_symlink():
            _do("mount", "-o", "remount,rw,bind", str(mounted))
    if second:
        _make_room_in_root()


def _make_room_in_root() -> None:
    ours = CGROUPS / "first"
    ours.mkdir(exist_ok=True)
    for pid in (CGROUPS / "cgroup.procs").read_text().split():
        with suppress(OSError):
            (ours / "cgroup.procs").write_text(pid)
    for controller in (CGROUPS / "cgroup.controllers").read_text().split():
        with suppress(OSError):
            (CGROUPS / "cgroup.subtree_control").write_text(f"+{controller}")


def _do(*words: str) -> None:
    subprocess.run(words, check=True)
