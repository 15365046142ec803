"""Where user_data comes from: the template of a target and the files that its options name.

Rules of this file: an http(s) address goes through the fetcher, with the last good copy when its
server is away; within `CACHE_SECONDS` the machines of one burst share one question. A name without a
leading ``/`` is a file below the target's `files_directory`, and what it resolves to must be
there too: neither ``..`` nor a symbolic link leads out. Files of this host are read each time and never
copied: keys stand in some of them. What is not to be had is `NotNowError`: no machine is made and nobody
is blamed (DESIGN section 5).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from vacnet.fetch.address import parse, shown
from vacnet.fetch.bounded import read_file
from vacnet.fetch.fetched import UnavailableError
from vacnet.fetch.fetcher import Fetcher
from vacnet.machines.runtime import NotNowError
from vacnet.machines.surroundings import Template
from vacnet.targets.model import Target

KIND = "user_data"
CACHE_SECONDS = 10.0


class UserDataSource:
    """Gets templates and files for the life of machines; it is their `Sources`."""

    def __init__(self, fetcher: Fetcher) -> None:
        """Use a fetcher for what is not on this host."""
        self._fetcher = fetcher

    async def template(self, target: Target) -> Template:
        """Return the target's `user_data`, unsubstituted, and where it was had.

        Raises:
            NotNowError: not to be had now.
        """
        return Template(await self._read(target, "user_data", target.user_data), target.user_data)

    async def file(self, target: Target, name: str) -> bytes:
        """Return what a `user_data_file_XXX` option names; `name` is that option's value.

        Raises:
            NotNowError: not to be had now.
        """
        return await self._read(target, "a user_data_file", name)

    async def _read(self, target: Target, what: str, name: str) -> bytes:
        bytes_max = self._fetcher.settings.user_data_bytes_max
        try:
            if is_local(name):
                return await asyncio.to_thread(read_local, target, name, bytes_max)
            fetched = await self._fetcher.get(
                name, bytes_max=bytes_max, cache_seconds=CACHE_SECONDS, kind=KIND
            )
            return fetched.body
        except UnavailableError as error:
            raise NotNowError(f"{what} of {target.name} is not to be had: {error}") from None


def is_local(name: str) -> bool:
    """Tell whether a name means a file of this host."""
    return not name.startswith(("http://", "https://"))


def read_local(target: Target, name: str, bytes_max: int) -> bytes:
    """Return a file of this host, at most `bytes_max` long.

    Raises:
        UnavailableError: the name means no file, or one that cannot be read, and why.
    """
    path = place_of(target, name)
    try:
        return read_file(path, bytes_max)
    except UnavailableError as error:
        raise UnavailableError(f"{path}: {error}") from None


def place_of(target: Target, name: str) -> Path:
    """Return the file that a name means.

    Raises:
        UnavailableError: it means none, or one outside of `files_directory`.
    """
    if not name:
        raise UnavailableError("none is named: set it in the target's section")
    if name.startswith(("/", "file://")):
        return parse(name).path or Path(name)
    if "://" in name or not target.files_directory:
        raise UnavailableError(f"{shown(name)} is neither an address nor a file below a files_directory")
    base = Path(target.files_directory).resolve()
    try:
        path = (base / name).resolve()
    except (OSError, ValueError, RuntimeError):  # links in a circle, a zero byte
        raise UnavailableError(f"{name!r} leads to no file: correct the name or the links") from None
    if not path.is_relative_to(base):
        raise UnavailableError(f"{name!r} leads out of files_directory {base}: put the file below it")
    return path
