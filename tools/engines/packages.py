"""Bringing an engine by the host's own packages: Debian's and Ubuntu's, as root only.

One after the other: two runs of the tests beside each other want the same, and apt-get fails where another
one is at work. For the lock of packages it can be told to wait, for that of package lists it cannot.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LOCK = Path("/run/vacnet-engines.lock")
"""Held by whoever installs; it stays until the host is booted."""
_WAITS = ("-o", "DPkg::Lock::Timeout=300")
"""For somebody who installs something else; five minutes are a large package's."""
_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def install(packages: Sequence[str]) -> str:
    """Install packages with apt-get; return why that was not possible, empty when it was."""
    if shutil.which("apt-get") is None:
        return "this host has no apt-get: install the engine by its own tools"
    if os.geteuid() != 0:
        return f"only root installs packages: sudo apt-get install {' '.join(packages)}"
    sys.stderr.write(f"engines: installing {' '.join(packages)}\n")
    with LOCK.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _apt_get("update") or _apt_get("install", "--yes", "--no-install-recommends", *packages)


def _apt_get(*words: str) -> str:
    done = subprocess.run(
        ["apt-get", "-qq", *_WAITS, *words],
        env={**os.environ, **_QUIET},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"apt-get {words[0]} failed: {done.stderr.strip()[-400:]}" if done.returncode else ""
