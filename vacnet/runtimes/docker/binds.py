"""What of this host a container sees: which path, where, and how it may be used.

Rules of this file: the places inside are Vac 3's and stand in `machines.layout`; a pipe has no say in what
of the host is seen (section 9 of the design): its `tmp_binds` only name places inside.
Binds are given as mounts, never as ``-v`` strings: with those an engine makes a missing source, as root.

/cvmfs is a tree of mounts that come and go; `rslave` lets those made later be seen inside, and nothing the
container does goes the other way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vacnet.machines.layout import JOBFEATURES, JOBOUTPUTS, LAYOUTS, MACHINEFEATURES, USER_DATA
from vacnet.machines.spec import Spec
from vacnet.targets.model import Model

USER_DATA_INSIDE = "/user_data"
CVMFS = Path("/cvmfs")
TMP_BINDS = "tmp_binds"
"""Folder of the machine's directory that holds one for each."""
_OPEN = 0o777
_RUNNABLE = 0o755


@dataclass(frozen=True, slots=True)
class Bind:
    """One path of this host inside the container."""

    source: Path
    inside: str
    read_only: bool = False
    propagation: str = ""
    """Empty: the engine's default, `rprivate`."""

    def mount(self) -> dict[str, object]:
        """Return it as the Engine API takes it."""
        options = {"BindOptions": {"Propagation": self.propagation}} if self.propagation else {}
        return {
            "Type": "bind",
            "Source": str(self.source),
            "Target": self.inside,
            "ReadOnly": self.read_only,
            **options,
        }

    def words(self) -> str:
        """Return it as ``docker run --mount`` takes it."""
        parts = ["type=bind", f"source={self.source}", f"target={self.inside}"]
        parts += ["readonly"] if self.read_only else []
        parts += [f"bind-propagation={self.propagation}"] if self.propagation else []
        return ",".join(parts)


def binds_of(spec: Spec, cvmfs: Path) -> tuple[Bind, ...]:
    """Return all binds of a machine whose directory stands."""
    return tuple(_binds(spec, cvmfs))


def _binds(spec: Spec, cvmfs: Path) -> Iterator[Bind]:
    layout, home = LAYOUTS[Model.DOCKER], spec.directory
    if (home / USER_DATA).exists():
        yield Bind(home / USER_DATA, USER_DATA_INSIDE, read_only=True)
    yield Bind(home / MACHINEFEATURES, layout.machinefeatures, read_only=True)
    yield Bind(home / JOBFEATURES, layout.jobfeatures, read_only=True)
    yield Bind(home / JOBOUTPUTS, layout.joboutputs)
    if spec.target.cvmfs_repositories:
        yield Bind(cvmfs, str(CVMFS), read_only=True, propagation="rslave")
    for inside in spec.target.tmp_binds:
        yield Bind(_fresh(home, inside), inside)


def _fresh(home: Path, inside: str) -> Path:
    """Return the directory that stands behind a temporary bind; two of them never share one."""
    return home / TMP_BINDS / inside.strip("/").replace("_", "__").replace("/", "_")


def prepare(spec: Spec) -> None:
    """Make what the binds need and the machine's directory has not got yet; may be done again.

    Images choose their own user, whose number means nothing here, so what the container may use is open to
    all numbers. On this host the machine's directory, which nobody else may enter, keeps them out.

    Raises:
        OSError: the disk is full or sick.
    """
    home = spec.directory
    if (home / USER_DATA).exists():
        (home / USER_DATA).chmod(_RUNNABLE)
    (home / JOBOUTPUTS).chmod(_OPEN)
    for inside in spec.target.tmp_binds:
        fresh = _fresh(home, inside)
        fresh.mkdir(parents=True, exist_ok=True)
        fresh.chmod(_OPEN)
