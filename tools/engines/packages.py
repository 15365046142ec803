"""Bringing an engine by the host's own packages: Debian's and Ubuntu's, as root only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def install(packages: Sequence[str]) -> str:
    """Install packages with apt-get; return why that was not possible, empty when it was."""
    if shutil.which("apt-get") is None:
        return "this host has no apt-get: install the engine by its own tools"
    if os.geteuid() != 0:
        return f"only root installs packages: sudo apt-get install {' '.join(packages)}"
    sys.stderr.write(f"engines: installing {' '.join(packages)}\n")
    return _apt_get("update") or _apt_get("install", "--yes", "--no-install-recommends", *packages)


def _apt_get(*words: str) -> str:
    done = subprocess.run(
        ["apt-get", "-qq", *words],
        env={**os.environ, **_QUIET},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"apt-get {words[0]} failed: {done.stderr.strip()[-400:]}" if done.returncode else ""
