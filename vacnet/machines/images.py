"""Images of virtual machines: what an engine asks for, and what it gets.

Rules of this file: a value and a protocol; `fetch.images` is who answers. An engine asks with `hold` before
it makes a machine and gives back with `release` when the machine is forgotten. What is held is a file named
`ROOT_IMAGE` in the machine's own directory, a second name (hard link) of what the cache keeps: it stays for
as long as the machine's directory has it, whatever the cache throws out, and over a restart of the factory,
which has nothing to remember. Whoever removes the directory has released it too. A `root_image` that is a
path of this host is used where it is: it is the admin's, who replaces it by renaming and never writes into
it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vacnet.targets.model import Target

ROOT_IMAGE = "root_image"
"""Name of the held image in a machine's directory."""


class Format(enum.StrEnum):
    """How an image's bytes make a disk, as looked at by us: an engine never guesses it."""

    QCOW2 = "qcow2"
    RAW = "raw"
    ISO = "iso"
    """A CD-ROM to boot from (ISO 9660); the bytes are those of a raw disk."""


@dataclass(frozen=True, slots=True)
class HeldImage:
    """An image that a machine may use; nobody may write to it."""

    path: Path
    format: Format
    size_bytes: int


class Images(Protocol):
    """Who has images."""

    async def hold(self, target: Target, directory: Path) -> HeldImage:
        """Return the target's `root_image`, held for the machine of this directory.

        Called again it gives the same file, also if the address has a newer one meanwhile. The directory
        is there already.

        Raises:
            NotNowError: it cannot be had, or not yet, and why, in words for an admin.
        """
        ...

    async def release(self, directory: Path) -> None:
        """Let go of what the machine of this directory holds; nothing happens if that is nothing."""
        ...
