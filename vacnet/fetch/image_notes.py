"""What stands beside images and their parts: small files of JSON that say what they are.

Rules of this file: a note is whole or not there, and one that cannot be read is none: its image is asked
for again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from vacnet.fetch.cache import Validators
from vacnet.machines.directory import write_whole

_SECRET = 0o600

_Kind = TypeVar("_Kind")


class Known(msgspec.Struct, frozen=True):
    """What an address gave last."""

    sha256: str
    validators: Validators
    confirmed_wall: float
    """Unix seconds at which its source said last that this is the newest."""
    got_wall: float
    """Unix seconds at which it was got."""


class Begun(msgspec.Struct, frozen=True):
    """Of what a part is one."""

    validators: Validators
    total_bytes: int
    """0: not told."""


def read_note(path: Path, kind: type[_Kind]) -> _Kind | None:
    """Return a note; None where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None


def write_note(path: Path, note: Known | Begun) -> None:
    """Write a note.

    Raises:
        OSError: the disk is full or sick.
    """
    write_whole(path, msgspec.json.encode(note), _SECRET)
