"""A libvirt that is the tests' own, beside whatever other one the host has.

It has configuration, state, sockets and logs of its own, and mount and network name spaces of its own: its
networks, their name servers and its machines are seen by nobody else, and the address 169.254.169.254, which
one network of a host can have, is there once for each of these. A process that only sleeps holds the name
spaces, so that daemons can be killed and started again. What is to reach a machine has to run `inside`.
Needs root.

`/dev/kvm` is left out of its devices: machines are emulated, so that tests see the same on every host.

The Python library is built from the locked source against the host's libvirt, into a folder that `PYTHONPATH`
leads to: an environment of one lock stays what the lock says. The folder is kept for the next run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tools.guest.build import PACKAGES as GUEST_PACKAGES
from tools.guest.build import build

TOP = Path(__file__).parents[2]
LOCK = TOP / "requirements" / "vm.txt"
LIBRARY = TOP / ".venv" / "vm-extra"
"""Where the Python library is built into; gone with `make clean`."""
PACKAGES = (
    *("libvirt-daemon-system", "libvirt-clients", "qemu-system-x86", "qemu-utils"),
    *("dnsmasq-base", "iptables", "iproute2"),
    *("libvirt-dev", "pkg-config", "gcc", "libc6-dev", "python3-dev"),  # the Python library is built
    *GUEST_PACKAGES,
)
"""Debian packages that bring it."""
READY_SECONDS = 60
STOP_SECONDS = 20
_PLACES = {
    "etc": "/etc/libvirt",
    "lib": "/var/lib/libvirt",
    "cache": "/var/cache/libvirt",
    "log": "/var/log/libvirt",
    "run": "/run/libvirt",
}
"""Folder of the home to where the daemons see it."""
_CGROUPS = Path("/sys/fs/cgroup")


class Libvirt:
    """One private libvirt: `start` it, `kill` it as a fault, `close` it in the end."""

    def __init__(self, home: Path) -> None:
        """Keep everything in `home`, an empty folder that all may walk through."""
        self.home = home
        self._holder: subprocess.Popen[bytes] | None = None
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._others = set(_partitions())

    @property
    def uri(self) -> str:
        """Return what a client is told."""
        return f"qemu+unix:///system?socket={self.home}/run/libvirt-sock"

    @property
    def holder(self) -> int:
        """Return the number of the process that holds the name spaces."""
        if self._holder is None:
            self._holder = self._hold()
        return self._holder.pid

    def inside(self, command: Sequence[str]) -> list[str]:
        """Return the words that run a command where its machines can be reached."""
        return ["nsenter", "--target", str(self.holder), "--net", "--mount", "--", *command]

    def start(self) -> None:
        """Start the daemons that do not run and wait until they answer.

        Raises:
            OSError: they did not; the text has the end of their log.
        """
        self._start("virtlogd")
        self._start("libvirtd")
        until = time.monotonic() + READY_SECONDS
        while subprocess.run(self.virsh("version"), capture_output=True, check=False).returncode:
            if self._daemons["libvirtd"].poll() is not None or time.monotonic() > until:
                words = (self.home / "libvirtd.log").read_text(errors="replace").splitlines()[-10:]
                raise OSError("libvirtd did not start; the end of its log:\n" + "\n".join(words))
            time.sleep(0.05)

    def virsh(self, *words: str) -> list[str]:
        """Return a command of libvirt's own client."""
        return ["virsh", "--connect", self.uri, *words]

    def kill(self) -> None:
        """Kill libvirtd as kill -9 does; its machines go on."""
        daemon = self._daemons.get("libvirtd")
        if daemon is not None:
            daemon.kill()
            daemon.wait()

    def emulators(self) -> list[int]:
        """Return the process numbers of the machines that run."""
        processes = psutil.process_iter(["name"])
        named = (one for one in processes if (one.info["name"] or "").startswith("qemu-system"))
        return [one.pid for one in named if _inside(one, self.holder)]

    def close(self) -> None:
        """End everything in its name spaces, and the name spaces."""
        if self._holder is None:
            return
        for process in psutil.process_iter():
            if process.pid != self._holder.pid and _inside(process, self._holder.pid):
                with suppress(psutil.Error):
                    process.kill()
        for daemon in self._daemons.values():
            daemon.wait(STOP_SECONDS)
        self._holder.kill()
        self._holder.communicate()
        self._holder = None
        self._daemons.clear()
        _remove(set(_partitions()) - self._others)

    def _start(self, name: str) -> None:
        running = self._daemons.get(name)
        if running is not None and running.poll() is None:
            return
        command = [name, "--pid-file", f"{self.home}/{name}.pid"]
        with (self.home / f"{name}.log").open("a") as log:
            self._daemons[name] = subprocess.Popen(
                self.inside(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _hold(self) -> subprocess.Popen[bytes]:
        for folder in _PLACES:
            (self.home / folder).mkdir()
        shutil.copytree("/etc/libvirt", self.home / "etc", dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(self.home / "etc" / "qemu", ignore_errors=True)
        spaces = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-ec", _spaces(self.home)]
        holder = subprocess.Popen(
            spaces, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
        )
        if holder.stdout is None or not holder.stdout.readline():
            raise OSError(
                "no name spaces for libvirt: unshare, mount or ip failed, see above (it takes root)"
            )
        return holder


def _partitions() -> list[Path]:
    """Return the cgroups in which libvirt puts its machines; cgroup v1 has one in each hierarchy."""
    return [*_CGROUPS.glob("machine"), *_CGROUPS.glob("*/machine")]


def _remove(partitions: Iterable[Path]) -> None:
    """Remove cgroups that were not there before, deepest first; one in which something runs stays."""
    for top in partitions:
        for folder in sorted((top, *top.glob("**/")), reverse=True):
            with suppress(OSError):
                folder.rmdir()


def _spaces(home: Path) -> str:
    """Return the script that makes the name spaces what the daemons are to see."""
    binds = [f"mkdir -p {place}; mount --bind {home}/{folder} {place}" for folder, place in _PLACES.items()]
    return "\n".join(
        (
            "ip link set lo up",
            *binds,
            # A new /dev without kvm: what is bound away would still be there to be opened.
            f"mkdir {home}/dev; mount -t tmpfs -o mode=755 devices {home}/dev",
            f"for one in /dev/*; do name=${{one##*/}}; [ $name = kvm ] && continue; into={home}/dev/$name",
            "  if [ -d $one ] && [ ! -L $one ]; then mkdir $into; mount --rbind $one $into",
            "  else cp -a $one $into; fi; done",
            f"mount --move {home}/dev /dev",
            # The interfaces under /sys are those of the network name space in which it was mounted.
            f"mkdir {home}/cgroup; mount --rbind {_CGROUPS} {home}/cgroup; mount -t sysfs sysfs /sys",
            f"mount --rbind {home}/cgroup {_CGROUPS}",
            "echo ready",
            "exec sleep infinity",
        )
    )


def _inside(process: psutil.Process, holder: int) -> bool:
    """Tell whether a process is in the network name space that another one holds."""
    try:
        return _network(process.pid) == _network(holder)
    except OSError:
        return False


def _network(pid: int) -> Path:
    return Path(f"/proc/{pid}/ns/net").readlink()


@contextmanager
def means_of_libvirt(directory: Path) -> Iterator[Mapping[str, str]]:
    """Have what a libvirt of the tests' own takes, and give the environment that leads to it.

    Raises:
        OSError: the Python library or the guest cannot be made.
    """
    directory.chmod(0o711)  # QEMU's user has to get to the guest
    guest = directory / "guest.iso"
    build(guest)
    guest.chmod(0o644)
    path = os.pathsep.join(filter(None, (str(library()), os.environ.get("PYTHONPATH", ""))))
    yield {"VACNET_TEST_GUEST": str(guest), "PYTHONPATH": path}


def library() -> Path:
    """Return the folder with libvirt's Python library, built if it is not there.

    Raises:
        OSError: it cannot be built, with the last lines of why.
    """
    stamp = LIBRARY / "built-of"
    wanted = _locked()
    if stamp.exists() and stamp.read_text() == wanted:
        return LIBRARY
    shutil.rmtree(LIBRARY, ignore_errors=True)
    LIBRARY.mkdir(parents=True)
    requirement = LIBRARY / "requirement.txt"
    requirement.write_text(wanted)
    words = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command = [sys.executable, "-m", "pip", *words, "--target", str(LIBRARY), "-r", str(requirement)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"libvirt's Python library cannot be built: {done.stderr.strip()[-400:]}")
    stamp.write_text(wanted)
    return LIBRARY


def _locked() -> str:
    """Return the lines of the lock that pin libvirt's Python library."""
    lines = iter(LOCK.read_text().splitlines())
    found = next(line for line in lines if line.startswith("libvirt-python=="))
    taken = [found]
    while taken[-1].endswith("\\"):
        taken.append(next(lines))
    return "\n".join(taken) + "\n"
