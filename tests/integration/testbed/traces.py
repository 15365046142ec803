"""What a testbed leaves on its host: looked for by its name, and by the marks that it bore while it was up.

Marks are what kernel and engine gave it: name spaces, network, bridge, volumes. They are noted while the
testbed is up and looked for after it is down, so whatever else goes on on the host is no trace of it. Name
spaces are held open in between: the kernel gives the number of one that is gone to the next one, whosever
that is. Rules and links are looked for where the host's and the engine's are; those of a node go with it.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tools.engines.dockerd import CGROUPS
from tools.engines.probe import UNIX, USUAL_DOCKER
from tools.space.left_over import processes_that_mention
from tools.testbed import Testbed
from tools.testbed.containers import LABEL, docker
from tools.testbed.spaces import MARK
from tools.testbed.testbed import directory_of

KINDS = ("net", "mnt", "pid", "uts", "ipc")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a testbed bears."""

    name: str
    spaces: frozenset[str]
    """Name spaces, as the kernel names them: `net:[4026532008]`."""
    network: tuple[str, ...]
    """Words of its rules and links on the host: the subnet, the bridge."""
    volumes: frozenset[str]


@contextmanager
def marks_of(name: str) -> Iterator[Marks]:
    """Note the marks of a testbed that is up, or half up; they are its own until the block ends."""
    bed = Testbed.find(name)
    mine = f"--filter=label={LABEL}={name}"
    containers = docker("ps", "--all", "--quiet", mine).split()
    bridges = [f"br-{one[:12]}" for one in docker("network", "ls", "--quiet", "--no-trunc", mine).split()]
    volumes = (
        docker("inspect", "--format={{range .Mounts}}{{.Name}} {{end}}", *containers) if containers else ""
    )
    subnet = [f"{bed.plan.subnet}."] if bed.plan.subnet else []
    with ExitStack() as open_files:
        spaces = frozenset(_hold(name, open_files))
        yield Marks(name, spaces, (*subnet, *bridges), frozenset(volumes.split()))


def _hold(name: str, open_files: ExitStack) -> Iterator[str]:
    """Yield the name spaces of a testbed, each held open from then on."""
    seen = set(_spaces(os.getpid()))
    for place in (Path(f"/proc/{process.pid}/ns/{kind}") for process in _processes(name) for kind in KINDS):
        with suppress(OSError):
            held = os.open(place, os.O_RDONLY)
            open_files.callback(os.close, held)
            if (one := str(Path(f"/proc/self/fd/{held}").readlink())) not in seen:
                seen.add(one)
                yield one


def left(marks: Marks) -> list[str]:
    """Return what is there of a testbed, in words."""
    return [*_of_engine(marks), *_of_kernel(marks), *_of_files(marks)]


def _of_engine(marks: Marks) -> Iterator[str]:
    mine = f"--filter=label={LABEL}={marks.name}"
    yield from (f"container {one}" for one in docker("ps", "--all", "--quiet", mine).split())
    yield from (f"network {one}" for one in docker("network", "ls", "--quiet", mine).split())
    yield from (f"volume {one}" for one in marks.volumes & set(docker("volume", "ls", "--quiet").split()))


def _of_kernel(marks: Marks) -> Iterator[str]:
    for process in psutil.process_iter():
        if held := marks.spaces & _spaces(process.pid):
            yield f"process {process.pid} in {', '.join(held)}"
    yield from (
        f"process {pid} for it" for word in _words(marks.name) for pid in processes_that_mention(word)
    )
    for place in (os.getpid(), _engine()):
        yield from _mounts(place, marks)
        for words in (["ip", "-oneline", "address"], ["iptables-save"]):
            told = _run(["nsenter", f"--target={place}", "--net", "--", *words])
            yield from (f"{words[0]}: {line}" for line in told if any(one in line for one in marks.network))


def _of_files(marks: Marks) -> Iterator[str]:
    place = directory_of(marks.name)
    groups = [*CGROUPS.glob(f"vacnet-testbed-{marks.name}"), *CGROUPS.glob(f"*/vacnet-testbed-{marks.name}")]
    yield from (f"cgroup {path}" for path in groups)
    yield from ([f"directory {place}"] if place.exists() else [])


def _mounts(place: int, marks: Marks) -> Iterator[str]:
    words = {str(directory_of(marks.name)), *marks.spaces}
    for line in Path(f"/proc/{place}/mountinfo").read_text().splitlines():
        if any(word in line for word in words):
            yield f"mount {line}"


def _processes(name: str) -> Iterator[psutil.Process]:
    """Yield the processes of the nodes, with those in their containers."""
    for pid in [pid for word in _words(name) for pid in processes_that_mention(word)]:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            yield from (process, *process.children(recursive=True))


def _words(name: str) -> tuple[str, str]:
    """Return what the processes of a testbed mention: their node's files, or their own mark."""
    return f"{directory_of(name)}/", f"{MARK}={name} "


def _spaces(pid: int) -> frozenset[str]:
    with suppress(OSError):
        return frozenset(str(Path(f"/proc/{pid}/ns", kind).readlink()) for kind in KINDS)
    return frozenset()


def _engine() -> int:
    """Return the number of the engine's process, as the kernel tells who listens on its socket."""
    path = os.environ.get("DOCKER_HOST", USUAL_DOCKER).removeprefix(UNIX)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.connect(path)
        told = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", told)[0])


def _run(words: list[str]) -> list[str]:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
