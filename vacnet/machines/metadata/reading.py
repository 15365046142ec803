"""Where the values of a machine come from: its own directory, at the moment of the question.

Rules of this file: files that we wrote and the machine cannot reach. A deadline that was lowered, a
user_data that was renewed: whoever asks next is told. Nothing is read that is not asked for. Calls block for
some 50 us: files of a few bytes in the kernel's cache.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import structlog

from vacnet.machines.layout import LAYOUTS, USER_DATA
from vacnet.machines.metadata.pages import Site, Told
from vacnet.machines.metadata.service import Resident
from vacnet.targets.model import Model

SITE_BYTES_MAX = 1 << 20
COMPLAINTS_MAX = 64

_log = structlog.get_logger(__name__)


def told_of(resident: Resident, site: Callable[[], Site], base: str = "") -> Told:
    """Return a machine as it may be told of itself.

    Args:
        resident: the machine.
        site: what the site tells.
        base: where the machine finds the service, if not at the usual addresses. Its user_data was made
            for those before anybody knew, so it is told with the others in their place.
    """
    home = resident.spec.directory
    return Told(
        resident=resident,
        base=base,
        site=site,
        user_data=lambda: _moved(_whole(home / USER_DATA), base),
        features=lambda folder: _keys(home / folder),
        feature=lambda folder, key: _whole(home / folder / key),
    )


def site_of(vendor_data_file: str, root_public_key: str) -> Site:
    """Return what the site tells, from its files; one that cannot be read tells nothing, and the log why."""
    key = _begin(root_public_key).decode(errors="replace").strip()
    return Site(vendor_data=_begin(vendor_data_file), public_key=key.splitlines()[0] if key else "")


def _begin(name: str) -> bytes:
    if not name:
        return b""
    try:
        with open(name, "rb", opener=_never_waiting) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(SITE_BYTES_MAX)
        _complain(name, "it is not an ordinary file")
    except OSError as error:
        _complain(name, error.strerror)
    return b""


def _never_waiting(name: str, flags: int) -> int:
    """Open a file; a named pipe would hold up all machines until somebody writes into it."""
    return os.open(name, flags | os.O_NONBLOCK)


@lru_cache(COMPLAINTS_MAX)
def _complain(name: str, why: str) -> None:
    """Say once what is wrong with a file: it is looked for with every question of every machine."""
    words = f"{why}; correct it in [metadata], or the file"
    _log.warning("metadata.site-unreadable", file=name, why=words)


def _whole(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _moved(user_data: bytes | None, base: str) -> bytes | None:
    if user_data is None or not base:
        return user_data
    for name, url in LAYOUTS[Model.VM].told(Path()).items():
        user_data = user_data.replace(url.encode(), f"{base}/{name}".encode())
    return user_data


def _keys(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
