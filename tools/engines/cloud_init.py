"""Debian's cloud-init, unmodified, as the tests' own: unpacked and never installed.

An installed cloud-init configures the host it is on at the next boot, so its package and whatever of its
dependencies is missing are only downloaded and unpacked into a directory; `chroot_of` shows them above the
host's own files, in name spaces that end with the command. Needs root, and overlayfs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "VACNET_CLOUD_INIT"
"""Leads to the directory."""
PROGRAM = "usr/bin/cloud-init"
_MERGED = ("bin", "lib", "sbin")
"""Folders that are links into /usr on a host: beside them a real folder would hide the host's."""

_INSIDE = r"""
set -e
top=$1; over=$2; shift 2
line=$(cat "$over/cmdline"); config=$(cat "$over/config")
mount -t tmpfs none "$over"
mkdir "$over/work" "$over/root"
cp -a "$top" "$over/upper"
mount -t overlay -o "lowerdir=/,upperdir=$over/upper,workdir=$over/work" none "$over/root"
cd "$over/root"
mount -t proc none proc
mount -t sysfs none sys
mount -t tmpfs none run
mount -t tmpfs none dev
for name in null zero random urandom; do cp -a "/dev/$name" dev/; done
echo "$line" > dev/cmdline
mount --bind dev/cmdline proc/cmdline
mkdir -p run/cloud-init var/lib/cloud etc/cloud/cloud.cfg.d
echo "$config" > etc/cloud/cloud.cfg.d/99-tests.cfg
exec chroot . "$@"
"""


def probe_cloud_init() -> str:
    """Return why cloud-init cannot be tried; empty when it can."""
    top = os.environ.get(VARIABLE)
    if top is None or not any(Path(place, PROGRAM).exists() for place in (top, "/")):
        return "cloud-init is not unpacked here: ENGINES=install does it, as root, and installs nothing"
    if shutil.which("isoinfo") is None:
        return "isoinfo is not installed: sudo apt-get install genisoimage"
    return "" if os.geteuid() == 0 else "only root makes the name spaces that cloud-init runs in"


@contextmanager
def private_cloud_init(directory: Path) -> Iterator[Mapping[str, str]]:
    """Unpack cloud-init below a directory and give the environment that leads to it.

    Raises:
        OSError: it cannot be had; the text has apt-get's words.
    """
    top, packages = directory / "cloud-init", directory / "packages"
    top.mkdir()
    (packages / "partial").mkdir(parents=True)
    _run(
        *("apt-get", "-qq", "--yes", "--no-install-recommends", "--download-only"),
        *("-o", "DPkg::Lock::Timeout=300", "-o", f"Dir::Cache::archives={packages}", "install", "cloud-init"),
    )
    for package in sorted(packages.glob("*.deb")):
        _run("dpkg", "-x", str(package), str(top))
    for name in _MERGED:
        if (top / name).is_dir():
            shutil.copytree(top / name, top / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(top / name)
    yield {VARIABLE: str(top)}


def chroot_of(top: Path, over: Path, command: Sequence[str], kernel_line: str, config: str) -> list[str]:
    """Return the words that run a command with cloud-init's files above the host's, in its own name spaces.

    What it writes is gone with it. The network is that of whoever runs the words.

    Args:
        top: where cloud-init was unpacked.
        over: an empty directory.
        command: what to run there.
        kernel_line: what the kernel seems to have been booted with.
        config: a file for ``cloud.cfg.d``.
    """
    (over / "cmdline").write_text(f"{kernel_line}\n")
    (over / "config").write_text(config)
    spaces = ["unshare", "--mount", "--propagation", "private", "--uts", "--pid", "--fork", "--kill-child"]
    return [*spaces, "sh", "-c", _INSIDE, "sh", str(top), str(over), *command]


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{words[0]} failed: {done.stderr.strip()[-400:]}")
