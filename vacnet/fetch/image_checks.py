"""Whether an image may be used: its format, the pins of its target, who signed it.

Rules of this file: what was found good is remembered by the image's digest, under which it never changes,
so sixty machines of one image cost one reading, also when they come at once: one looks and the others wait. A
file of this host is told apart by what its file system says of it.

Methods block; call them off the loop.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from vacnet.fetch import image_format, image_signature
from vacnet.fetch.bounded import open_ordinary
from vacnet.fetch.fetched import UnavailableError
from vacnet.machines.images import HeldImage
from vacnet.targets.model import Target


def look_at(path: Path) -> HeldImage:
    """Return a file as an image (see `image_format.look`).

    Raises:
        UnavailableError: it is none.
    """
    return HeldImage(path, image_format.look(path), path.stat().st_size)


class ImageChecks:
    """Checks, and what they have found."""

    def __init__(self, authorities: Path) -> None:
        """Trust signers for whom a directory of authorities vouches."""
        self._authorities = authorities
        self._turns: dict[Path, threading.Lock] = {}
        self._sha512: dict[str, str] = {}
        self._signed: set[tuple[str, str]] = set()
        self._own: dict[tuple[int, ...], str] = {}

    def fetched(self, target: Target, sha256: str, path: Path) -> HeldImage:
        """Return an image that came from elsewhere.

        Raises:
            UnavailableError: the target may not use it, and why.
        """
        held = look_at(path)
        with self._turn(path):
            self._check(target, sha256, path)
        return held

    def own(self, target: Target, path: Path) -> HeldImage:
        """Return an image that is a file of this host.

        Raises:
            UnavailableError: the target may not use it, and why.
        """
        held = look_at(path)
        if target.image_sha256 or target.image_sha512 or target.image_signing_dn:
            with self._turn(path):
                self._check(target, self._own_sha256(path), path)
        return held

    def _turn(self, path: Path) -> threading.Lock:
        """Return what those who look at one image take turns by."""
        return self._turns.setdefault(path, threading.Lock())

    def _own_sha256(self, path: Path) -> str:
        status = path.stat()
        mark = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        if mark not in self._own:
            self._own[mark] = _digest(path, "sha256")
        return self._own[mark]

    def _check(self, target: Target, sha256: str, path: Path) -> None:
        if target.image_sha256 not in {"", sha256}:
            raise _other("SHA-256", sha256, "image_sha256")
        if target.image_sha512:
            self._check_sha512(target.image_sha512, sha256, path)
        signed = sha256, target.image_signing_dn
        if target.image_signing_dn and signed not in self._signed:
            image_signature.check(path, target.image_signing_dn, self._authorities)
            self._signed.add(signed)

    def _check_sha512(self, wanted: str, sha256: str, path: Path) -> None:
        if sha256 not in self._sha512:
            self._sha512[sha256] = _digest(path, "sha512")
        if self._sha512[sha256] != wanted:
            raise _other("SHA-512", self._sha512[sha256], "image_sha512")


def _digest(path: Path, kind: str) -> str:
    try:
        with open_ordinary(path) as file:
            return hashlib.file_digest(file, kind).hexdigest()
    except OSError as error:
        raise UnavailableError(f"it cannot be read: {error.strerror}") from None


def _other(kind: str, found: str, option: str) -> UnavailableError:
    return UnavailableError(f"its {kind} is {found}, and {option} says another: correct one of them")
