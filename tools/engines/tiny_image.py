"""A container image of two megabytes, made without a registry: busybox and its names in a tar archive."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from docker import APIClient

BUSYBOX = Path("/bin/busybox")
NAME = "vacnet-tiny"
FOLDERS = ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "var")


def archive() -> bytes:
    """Return the image's root file system."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for folder in FOLDERS:
            tar.addfile(_entry(folder, tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755))
        tar.add(BUSYBOX, "bin/busybox")
        for name in _names():
            link = _entry(f"bin/{name}", tarfile.SYMTYPE, 0o777)
            link.linkname = "busybox"
            tar.addfile(link)
    return held.getvalue()


def _names() -> list[str]:
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split() if name != "busybox"]


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry


def import_into(api: APIClient, tag: str = "latest", changes: list[str] | None = None) -> str:
    """Put the image into an engine, with Dockerfile instructions if any, and return its name.

    Raises:
        OSError: the host has no busybox (Debian's package busybox-static).
    """
    api.import_image_from_data(archive(), repository=NAME, tag=tag, changes=changes)
    return f"{NAME}:{tag}"
