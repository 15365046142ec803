"""Whether an engine answers: asked of the engine itself, never concluded from what is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress

import docker
from docker.errors import DockerException

UNIX = "unix://"
USUAL_DOCKER = f"{UNIX}/var/run/docker.sock"
"""Where docker's own client looks if nothing is said."""
ANSWER_SECONDS = 10
"""Docker's own client gives up after 60; an engine that takes ten to say it is there is no use to a test."""


def probe_bwrap() -> str:
    """Return why bubblewrap cannot make a sandbox here; empty when it can."""
    program = shutil.which("bwrap")
    if program is None:
        return "bwrap is not installed: sudo apt-get install bubblewrap"
    words = [program, "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-pid", "true"]
    tried = subprocess.run(words, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)
    return f"bwrap makes no sandbox here: {tried.stderr.strip()}" if tried.returncode else ""


def probe_libvirt() -> str:
    """Return why tests cannot have a libvirt of their own here; empty when they can.

    They start it themselves, for they kill it too: what it takes is root, the programs, the Python library
    and the guest that it is to run.
    """
    if os.geteuid() != 0:
        return "a libvirt of the tests' own takes root"
    for program, package in _LIBVIRT_PROGRAMS.items():
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
            return f"{program} is not installed: sudo apt-get install {package}"
    asked = [sys.executable, "-c", "import libvirt"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        return "libvirt's Python library is not there (requirements/vm.txt)"
    guest = os.environ.get("VACNET_TEST_GUEST", "")
    return "" if guest and os.path.exists(guest) else "there is no guest to run (VACNET_TEST_GUEST)"  # noqa: PTH110


_LIBVIRT_PROGRAMS = {
    "libvirtd": "libvirt-daemon-system",
    "virtlogd": "libvirt-daemon-system",
    "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "dnsmasq": "dnsmasq-base",
}


def probe_node() -> str:
    """Return why Node.js and its package manager cannot be used; empty when they can."""
    return _runs("node", "nodejs") or _runs("npm", "npm")


def probe_promtool() -> str:
    """Return why Prometheus' own checker of rules cannot be used; empty when it can."""
    return _runs("promtool", "prometheus")


def probe_tshark() -> str:
    """Return why tshark cannot be used; empty when it can, with scripts in Lua."""
    if problem := _runs("tshark", "tshark"):
        return problem
    told = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=False).stdout
    return "" if "with Lua" in " ".join(told.split()) else "this tshark was built without Lua"


def _runs(program: str, package: str) -> str:
    if shutil.which(program) is None:
        return f"{program} is not installed: sudo apt-get install {package}"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return f"{program} does not run: {told.stderr.strip()[-200:]}" if told.returncode else ""


def probe_docker() -> str:
    """Return why Docker's Engine API (or Podman's) does not answer at `DOCKER_HOST`; empty when it does."""
    host = os.environ.get("DOCKER_HOST", USUAL_DOCKER)
    silent = f"Docker does not answer at {host}"
    if host.startswith(UNIX) and not _listens(host.removeprefix(UNIX)):
        return silent
    try:
        client = docker.from_env(timeout=ANSWER_SECONDS)
        client.ping()
        client.close()
    except (DockerException, OSError):
        return silent
    return ""


def _listens(path: str) -> bool:
    """Tell whether somebody listens on a socket; docker's client leaves its own open where nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, suppress(OSError):
        asking.connect(path)
        return True
    return False
