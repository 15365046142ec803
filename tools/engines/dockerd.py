"""A Docker engine that is the tests' own, beside whatever other one the host has.

It has its own data, exec root, socket and cgroup, and network and mount name spaces of its own: a
second daemon in the host's network name space would take the first one's bridge away, and mounts of
the containers end with the name space whatever happens to the daemon. Needs root.

Deviation from a service: `--oom-score-adjust=0`, because a negative value needs a capability
(CAP_SYS_RESOURCE) that test hosts often lack.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

READY_SECONDS = 30
"""It takes 0.1 s to 0.4 s; a loaded host gets a hundred times that."""
STOP_SECONDS = 30
"""dockerd itself gives its containers 15 s."""
CGROUPS = Path("/sys/fs/cgroup")


@contextmanager
def private_docker(directory: Path) -> Iterator[Mapping[str, str]]:
    """Run a Docker engine under a directory and give the environment that leads to it.

    Raises:
        OSError: it did not start; the text has the end of its log.
    """
    home = directory / "docker"
    home.mkdir()
    group = f"vacnet-tests-{directory.name}"
    with (home / "log").open("w") as log:
        daemon = subprocess.Popen(
            _command(home, group), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_ready(daemon, home)
        yield {"DOCKER_HOST": f"unix://{home}/docker.sock"}
    finally:
        _stop(daemon)
        _remove_cgroups(group)


def _command(home: Path, group: str) -> list[str]:
    """Return the words that start the daemon; `exec` keeps one pid from the first to the last of them."""
    inside = 'ip link set lo up && exec "$@"'
    spaces = ["unshare", "--net", "--mount", "--propagation", "slave", "sh", "-c", inside, "sh"]
    places = ["--data-root", f"{home}/data", "--exec-root", f"{home}/exec", "--pidfile", f"{home}/pid"]
    reached = ["--host", f"unix://{home}/docker.sock", "--cgroup-parent", f"/{group}"]
    return [*spaces, "dockerd", *places, *reached, "--oom-score-adjust=0"]


def _wait_ready(daemon: subprocess.Popen[bytes], home: Path) -> None:
    asked = ["docker", "--host", f"unix://{home}/docker.sock", "version"]
    until = time.monotonic() + READY_SECONDS
    while subprocess.run(asked, capture_output=True, check=False).returncode:
        if daemon.poll() is not None or time.monotonic() > until:
            raise OSError(f"dockerd did not start; the end of its log:\n{_end_of(home / 'log')}")
        time.sleep(0.05)


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:])


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _remove_cgroups(group: str) -> None:
    """Remove the daemon's cgroups, deepest first: cgroup v1 has one in each hierarchy, v2 a single one."""
    for top in (*CGROUPS.glob(group), *CGROUPS.glob(f"*/{group}")):
        for directory in sorted((top, *top.glob("**/")), reverse=True):
            with suppress(OSError):
                directory.rmdir()
