"""A Docker engine that is the tests' own, beside whatever other one the host has.

It has its own data, exec root, socket and cgroup, and network and mount name spaces of its own: a
second daemon in the host's network name space would take the first one's bridge away, and mounts of
the containers end with the name spaces whatever happens to the daemon. A process that only sleeps holds the
name spaces, so the daemon can be killed and started again as a host's own can. Needs root.

Deviation from a service: `--oom-score-adjust=0`, because a negative value needs a capability
(CAP_SYS_RESOURCE) that test hosts often lack.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

READY_SECONDS = 60
"""It takes 0.1 s to 0.4 s, and ten more where it has to end containers first; a loaded host gets more."""
STOP_SECONDS = 30
"""dockerd itself gives its containers 15 s."""
CGROUPS = Path("/sys/fs/cgroup")


class Daemon:
    """One private engine: `start` it, `kill` it as a fault, `close` it in the end."""

    def __init__(self, home: Path, options: Sequence[str] = ()) -> None:
        """Keep everything in `home`; `options` are added to the daemon's command."""
        self.home = home
        self.socket = home / "docker.sock"
        self.group = f"vacnet-tests-{home.parent.name}-{home.name}"
        self._options = options
        self._holder: subprocess.Popen[bytes] | None = None
        self._daemon: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return what a client is told (`DOCKER_HOST`)."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        """Return the daemon's number while it runs, else 0."""
        running = self._daemon is not None and self._daemon.poll() is None
        return self._daemon.pid if self._daemon and running else 0

    def inside(self, command: Sequence[str]) -> list[str]:
        """Return the words that run a command in the engine's name spaces."""
        if self._holder is None:
            self._holder = self._hold()
        return ["nsenter", "--target", str(self._holder.pid), "--net", "--mount", "--", *command]

    def start(self) -> None:
        """Start the daemon and wait until it answers.

        Raises:
            OSError: it did not; the text has the end of its log.
        """
        with (self.home / "log").open("a") as log:
            self._daemon = subprocess.Popen(
                self.inside(self._command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_ready(self._daemon)

    def kill(self) -> None:
        """Kill the daemon as kill -9 does; its containers go on until it is started again."""
        if self._daemon is None:
            return
        self._daemon.kill()
        self._daemon.wait()
        # Its containerd dies with it; where the first process does not bury orphans, its number stays taken
        # and the next daemon would wait for it.
        for file in (self.home / "pid", self.home / "exec" / "containerd" / "containerd.pid"):
            file.unlink(missing_ok=True)

    def stop(self) -> None:
        """End the daemon as a service manager does: it ends its containers first."""
        if self._daemon is None or self._daemon.poll() is not None:
            return
        self._daemon.terminate()
        try:
            self._daemon.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def close(self) -> None:
        """End everything; a daemon that was killed is started again: it alone knows its containers."""
        if self._daemon is not None and not self.pid:
            with suppress(OSError):
                self.start()
        self.stop()
        if self._holder is not None:
            self._holder.kill()
            self._holder.communicate()
        self._daemon = self._holder = None
        _end_orphans(str(self.home))
        _remove_cgroups(self.group)

    def _hold(self) -> subprocess.Popen[bytes]:
        inside = "ip link set lo up && echo ready && exec sleep infinity"
        spaces = ["unshare", "--net", "--mount", "--propagation", "slave", "sh", "-c", inside]
        holder = subprocess.Popen(
            spaces, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
        )
        if holder.stdout is None or not holder.stdout.readline():
            raise OSError("no name spaces for dockerd: unshare or ip failed, see above (it takes root)")
        return holder

    def _command(self) -> list[str]:
        places = [
            *("--data-root", f"{self.home}/data"),
            *("--exec-root", f"{self.home}/exec"),
            *("--pidfile", f"{self.home}/pid"),
        ]
        reached = ["--host", self.address, "--cgroup-parent", f"/{self.group}"]
        return ["dockerd", *places, *reached, "--oom-score-adjust=0", *self._options]

    def _wait_ready(self, daemon: subprocess.Popen[bytes]) -> None:
        asked = ["docker", "--host", self.address, "version"]
        until = time.monotonic() + READY_SECONDS
        while subprocess.run(asked, capture_output=True, check=False).returncode:
            if daemon.poll() is not None or time.monotonic() > until:
                raise OSError(f"dockerd did not start; the end of its log:\n{_end_of(self.home / 'log')}")
            time.sleep(0.05)


@contextmanager
def private_docker(directory: Path) -> Iterator[Mapping[str, str]]:
    """Run a Docker engine under a directory and give the environment that leads to it.

    Raises:
        OSError: it did not start; the text has the end of its log.
    """
    home = directory / "docker"
    home.mkdir()
    daemon = Daemon(home)
    try:
        daemon.start()
        yield {"DOCKER_HOST": daemon.address}
    finally:
        daemon.close()


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:])


def _end_orphans(home: str) -> None:
    """Kill what a daemon that was killed amid a start knows no more: shims, and what they had begun.

    They are told by the daemon's own directory among their arguments.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(word.startswith(home + "/") for word in process.cmdline()):
                for one in (*process.children(recursive=True), process):
                    one.kill()


def _remove_cgroups(group: str) -> None:
    """Remove the daemon's cgroups, deepest first: cgroup v1 has one in each hierarchy, v2 a single one."""
    for top in (*CGROUPS.glob(group), *CGROUPS.glob(f"*/{group}")):
        for directory in sorted((top, *top.glob("**/")), reverse=True):
            with suppress(OSError):
                directory.rmdir()
