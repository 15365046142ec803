"""The last good copies: one file each, whole or not there, bounded in number and size.

Rules of this file: a copy is one file, a line of JSON and then the body, so that what describes it
and what it is can never be of two fetches. It is written beside its place, fsynced and renamed; a kill
leaves the old copy or the new one, and what a kill leaves besides is removed at the next start. The body's
digest is checked at each reading: a damaged copy is none. The time at which the source last confirmed it
is the file's mtime, so that "not modified" costs no rewriting. Mode 0600: user_data may hold secrets.

Methods block; call them off the loop.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from vacnet.fetch.address import Address

BYTES_MAX = 64 << 20
COPIES_MAX = 500
HEAD_BYTES_MAX = 16 << 10
SUFFIX = ".copy"
UNFINISHED = ".unfinished"

_log = structlog.get_logger("vacnet.fetch")


class Validators(msgspec.Struct, frozen=True):
    """What a source gave to ask it later whether its copy is still the newest (RFC 9110 section 8.8)."""

    etag: str = ""
    last_modified: str = ""


class _Head(msgspec.Struct, frozen=True):
    digest: str
    validators: Validators


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as it was read."""

    body: bytes
    validators: Validators
    confirmed_wall: float
    """Unix seconds."""


class Cache:
    """Copies below a directory, one folder for each kind of thing."""

    def __init__(self, directory: Path, bytes_max: int = BYTES_MAX, copies_max: int = COPIES_MAX) -> None:
        """Know the directory and remove what a kill left unfinished there; it need not be there yet."""
        self._directory = directory
        self._bytes_max = bytes_max
        self._copies_max = copies_max
        for left in directory.glob(f"*/*{UNFINISHED}"):
            left.unlink(missing_ok=True)

    def read(self, kind: str, address: Address) -> Copy | None:
        """Return the copy of an address, None if there is no whole one."""
        path = self._path(kind, address)
        try:
            with path.open("rb") as file:
                head = msgspec.json.decode(file.readline(HEAD_BYTES_MAX), type=_Head)
                body = file.read(self._bytes_max)
                confirmed = os.fstat(file.fileno()).st_mtime
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            _tell_damaged(path, str(error))
            return None
        if _digest(body) != head.digest:
            _tell_damaged(path, "its digest is another")
            return None
        return Copy(body, head.validators, confirmed)

    def write(self, kind: str, address: Address, body: bytes, validators: Validators, wall: float) -> None:
        """Replace the copy of an address, confirmed at `wall`; a full disk is logged and changes nothing."""
        path = self._path(kind, address)
        head = msgspec.json.encode(_Head(_digest(body), validators))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(path, head + b"\n" + body, wall)
            self._prune(path)
        except OSError as error:
            _log.warning("a copy cannot be kept", kind=kind, why=error.strerror, directory=str(path.parent))

    def confirm(self, kind: str, address: Address, wall: float) -> None:
        """Note that its source said at `wall` that the copy is the newest."""
        with contextlib.suppress(OSError):
            os.utime(self._path(kind, address), (wall, wall))

    def _path(self, kind: str, address: Address) -> Path:
        return self._directory / kind / (address.key + SUFFIX)

    def _prune(self, newest: Path) -> None:
        """Remove the copies confirmed longest ago until the rest is within the bounds."""
        copies = [(path.stat(), path) for path in self._directory.glob(f"*/*{SUFFIX}") if path != newest]
        total, count = newest.stat().st_size, 1
        for status, path in sorted(copies, key=lambda found: found[0].st_mtime, reverse=True):
            total, count = total + status.st_size, count + 1
            if total > self._bytes_max or count > self._copies_max:
                path.unlink(missing_ok=True)


def _tell_damaged(path: Path, why: str) -> None:
    _log.warning("a damaged copy is left out", file=str(path), why=why)


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _replace(path: Path, content: bytes, wall: float) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=UNFINISHED)
    unfinished = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.utime(unfinished, (wall, wall))
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
