"""Finding and making cgroups: where this host lets us set limits.

Rules of this file: nothing is assumed, everything is tried. A host has version 1 (one tree for each
controller), version 2 (one tree), or both ("hybrid": v1 has the controllers, v2 still can kill at
one stroke). Machines stand at `<base>/vacnet/<factory>-<digest of its state directory>/<machine id>`, so
that factories that share a host never meet, even two of one name, which make machines of one id when
they start them in the same second. In version 1 the base is our own cgroup.

Version 2 lets a cgroup give controllers to its children only when it holds no processes itself. The
root of the whole tree is free of that rule, so root makes its machines there, as Docker does without
systemd: machines outlive the factory's unit, and a unit that still holds machines of its former life
could not be started. Where the root is not ours (a user's delegated cgroup, a container), the base is
our own cgroup, and we move into a leaf `factory` of it, as systemd asks of a unit with
``Delegate=yes``; never when it also holds strangers, as a login session's does.

Sources: cgroups(7), cgroup-v2.rst ("No Internal Process Constraint"), systemd's CGROUP_DELEGATION.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from vacnet.runtimes.process import cgroup_files, proc

PERIOD_MICROSECONDS = 100_000
"""The kernel's default cfs period."""
TASKS_PER_PROCESSOR = 1024
TASKS_MIN = 4096
"""Threads count as tasks; systemd's default for a service is 15 % of pid_max, 4915."""
V1_CONTROLLERS = ("cpu", "memory", "pids")
V1_WITHOUT_V2 = ("cpuacct", "freezer")
"""What version 2 does without any controller: count CPU time (`cpu.stat`), end all (`cgroup.kill`)."""
V2_CONTROLLERS = ("cpu", "memory", "pids")
LEAF = "factory"
MAKE_TRIES = 20


@dataclass(frozen=True, slots=True)
class Tree:
    """One hierarchy in which we may make cgroups."""

    base: str
    """Path of the folder under which ours go."""
    version: int
    controllers: frozenset[str]


def trees() -> tuple[Tree, ...]:
    """Return the hierarchies in which this process may make cgroups; empty where it may not."""
    mounts = mounts_of(Path("/proc/self/mountinfo").read_text())
    own = own_of(Path("/proc/self/cgroup").read_text())
    newer = _v2(mounts, own)
    kills = bool(newer) and _kills_at_once(newer[0].base)
    return (*_v1(mounts, own, V1_CONTROLLERS if kills else (*V1_CONTROLLERS, *V1_WITHOUT_V2)), *newer)


def mounts_of(mountinfo: str) -> dict[str, tuple[str, str]]:
    """Map each v1 controller, and ``""`` for v2, to its mount point and the mounted root (proc(5))."""
    found: dict[str, tuple[str, str]] = {}
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        root, point = left.split(" ")[3:5]
        if kind == "cgroup2":
            found.setdefault("", (point, root))
        elif kind == "cgroup":
            found.update(dict.fromkeys(options.split(","), (point, root)))
    return found


def own_of(text: str) -> dict[str, str]:
    """Map each v1 controller, and ``""`` for v2, to the path of our own cgroup in its tree."""
    rows = (line.split(":", 2) for line in text.splitlines())
    return {name: path for _, names, path in rows for name in names.split(",")}


def path_of(mount: tuple[str, str], own: str) -> str:
    """Return where on this host our own cgroup stands; a leaf that we made for ourselves is not it."""
    point, root = mount
    inside = own.removeprefix(root.rstrip("/")).removesuffix("/" + LEAF)
    return (point + "/" + inside.lstrip("/")).rstrip("/")


def _writable(path: str) -> bool:
    return os.access(path, os.W_OK | os.X_OK) and os.access(f"{path}/cgroup.procs", os.W_OK)


def _v1(mounts: dict[str, tuple[str, str]], own: dict[str, str], controllers: tuple[str, ...]) -> list[Tree]:
    """Return one tree for each place, for several controllers may be mounted together."""
    places: dict[str, set[str]] = {}
    for name in controllers:
        if name in mounts and name in own:
            places.setdefault(path_of(mounts[name], own[name]), set()).add(name)
    return [Tree(base, 1, frozenset(names)) for base, names in places.items() if _writable(base)]


def _v2(mounts: dict[str, tuple[str, str]], own: dict[str, str]) -> list[Tree]:
    """Return the tree of version 2; a controller that version 1 has is not offered there."""
    if "" not in mounts:
        return []
    candidates = (mounts[""][0], path_of(mounts[""], own.get("", "/")))
    for base in filter(_writable, dict.fromkeys(candidates)):
        wanted = [name for name in V2_CONTROLLERS if name in _offered(base)]
        if not wanted or _hand_down(base, wanted):
            return [Tree(base, 2, frozenset(wanted))]
    return []


def _kills_at_once(base: str) -> bool:
    """Tell whether cgroups below `base` have `cgroup.kill` (Linux 5.14); the root itself never has."""
    trial = Path(base, f"vacnet-trial-{os.getpid()}")
    try:
        trial.mkdir(exist_ok=True)
        return (trial / "cgroup.kill").exists()
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            trial.rmdir()


def _offered(base: str) -> list[str]:
    return (proc.read(f"{base}/cgroup.controllers") or b"").decode().split()


def _hand_down(base: str, controllers: list[str]) -> bool:
    """Give controllers to the children of `base`, moving ourselves into a leaf if that is needed."""
    wish = " ".join(f"+{name}" for name in controllers)
    if cgroup_files.put(f"{base}/cgroup.subtree_control", wish):
        return True
    return _move_to_leaf(base) and cgroup_files.put(f"{base}/cgroup.subtree_control", wish)


def _move_to_leaf(base: str) -> bool:
    processes = proc.table()
    ours = {os.getpid()} | {one.pid for one in proc.descendants(os.getpid(), processes)}
    inside = cgroup_files.members([base])
    if not inside or not inside <= ours:
        return False
    leaf = f"{base}/{LEAF}"
    with contextlib.suppress(OSError):
        Path(leaf).mkdir(exist_ok=True)
    moved = [cgroup_files.put(f"{leaf}/cgroup.procs", str(pid)) for pid in inside]
    return all(moved)


# --- one machine's ---------------------------------------------------------------------------------


def folders(trees_found: tuple[Tree, ...], factory: str, state: Path, machine: str) -> list[str]:
    """Return where the cgroups of a machine of the factory with this state directory are or would be."""
    digest = hashlib.blake2b(os.fsencode(state), digest_size=4).hexdigest()
    name = factory.replace("/", "_").lstrip(".") or "_"
    return [f"{tree.base}/vacnet/{name}-{digest}/{machine}" for tree in trees_found]


def make(trees_found: tuple[Tree, ...], paths: list[str], limits: Limits) -> None:
    """Make a machine's cgroups at `paths`, as `folders` gives them, and set its limits.

    Raises:
        OSError: the kernel refused one of them.
    """
    for tree, path in zip(trees_found, paths, strict=True):
        _make_one(tree, Path(path))
        for file, value in limits.files():
            if Path(path, file).exists():
                cgroup_files.put(f"{path}/{file}", value)


def _make_one(tree: Tree, path: Path) -> None:
    """Make the cgroup at `path` and those above; another machine's end may remove those meanwhile."""
    for _ in range(MAKE_TRIES):
        with contextlib.suppress(FileNotFoundError):
            return _make_folders(tree, path)
    return _make_folders(tree, path)


def _make_folders(tree: Tree, path: Path) -> None:
    for folder in (path.parent.parent, path.parent, path):
        folder.mkdir(exist_ok=True)
        if tree.version == 2 and tree.controllers and folder != path:  # noqa: PLR2004 (cgroup version)
            cgroup_files.put(
                f"{folder}/cgroup.subtree_control", " ".join(f"+{name}" for name in tree.controllers)
            )


def remove(paths: list[str]) -> None:
    """Remove a machine's cgroups, and the folders above them that are empty then."""
    for path in map(Path, paths):
        for folder in (path, path.parent, path.parent.parent):
            with contextlib.suppress(OSError):
                folder.rmdir()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a machine may use."""

    processors: int
    memory_bytes: int

    def files(self) -> tuple[tuple[str, str], ...]:
        """Return control file and value, both versions; memory before memory with swap, as v1 wants."""
        quota = self.processors * PERIOD_MICROSECONDS
        tasks = max(TASKS_MIN, self.processors * TASKS_PER_PROCESSOR)
        return (
            ("cpu.cfs_period_us", str(PERIOD_MICROSECONDS)),
            ("cpu.cfs_quota_us", str(quota)),
            ("cpu.max", f"{quota} {PERIOD_MICROSECONDS}"),
            ("memory.limit_in_bytes", str(self.memory_bytes)),
            ("memory.memsw.limit_in_bytes", str(self.memory_bytes)),
            ("memory.max", str(self.memory_bytes)),
            ("memory.swap.max", "0"),
            ("pids.max", str(tasks)),
        )
