"""The images on disk: each once, named by its digest, bounded, never thrown out while a machine has it.

Rules of this file: ``images/<sha256>.image`` is an image, whole and never written again; ``<address>.json``
says which one an address gave last; ``<address>.part`` is one that is on its way, with its own JSON beside
it. A part becomes an image by fsync and rename, so after a kill there is an image or a part and nothing
between. The same bytes from ten addresses stand here once.

A machine holds an image by a second name of the file in its own directory: in use is what has more than one
name, and no list of it can be lost or wrong. The time of an image's file is that of its last use.

Methods block; call them off the loop. One lock, so that nothing is thrown out between a look and a link.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vacnet.fetch.address import Address
from vacnet.fetch.fetched import UnavailableError
from vacnet.fetch.image_notes import Begun, Known, read_note, write_note
from vacnet.quantities import size

IMAGE = ".image"
PART = ".part"
SPARE_BYTES = 256 << 20
"""What a download leaves free on the disk: the record and running machines need some."""
FRESH_SECONDS = 900.0
"""What came so lately is for a machine that is about to take it: one whose image was not here is tried again
after ten minutes at the latest, and two that threw out each other's would never start."""
_READABLE = 0o644


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that may be thrown out."""

    path: Path
    used: float
    size_bytes: int


class ImageStore:
    """Images below a directory."""

    def __init__(self, directory: Path) -> None:
        """Know the directory; it is made when something comes into it."""
        self.directory = directory
        self._lock = threading.Lock()
        self._under_way: dict[Path, int] = {}
        """Parts that are being collected, to the bytes that they will have as far as that is known."""

    # --- what is here ---------------------------------------------------------------------------

    def known(self, address: Address) -> Known | None:
        """Return what an address gave last, if that is still here."""
        known = read_note(self._json(address), Known)
        return known if known and self.has(known.sha256) else None

    def has(self, sha256: str) -> bool:
        """Tell whether an image is here."""
        return self.path(sha256).is_file()

    def path(self, sha256: str) -> Path:
        """Return where an image is, or would be."""
        return self.directory / (sha256 + IMAGE)

    def remember(self, address: Address, known: Known) -> None:
        """Note what an address gave; a full disk is no reason to fail, it is asked again then."""
        with contextlib.suppress(OSError):
            write_note(self._json(address), known)

    def forget(self, address: Address) -> None:
        """Forget what an address gave; the image itself stays until it is thrown out."""
        self._json(address).unlink(missing_ok=True)

    # --- holding ----------------------------------------------------------------------------------

    def link(self, sha256: str, place: Path) -> bool:
        """Give an image a second name, in place of what had it; False when the image is gone.

        Raises:
            UnavailableError: the file system does not do that.
        """
        with self._lock:
            try:
                place.unlink(missing_ok=True)
                os.link(self.path(sha256), place)
                os.utime(place)
            except FileNotFoundError:
                return False
            except OSError as error:
                raise UnavailableError(
                    f"it cannot be linked into the machine's directory ({error.strerror}): "
                    f"{self.directory} and {place.parent.parent} have to be on one file system"
                ) from None
        return True

    # --- a download ---------------------------------------------------------------------------------

    def part(self, address: Address) -> Path:
        """Return where what comes from an address is collected."""
        return self.directory / (address.key + PART)

    def begun(self, address: Address) -> tuple[Begun, int] | None:
        """Return of what there is a part and how many bytes; None: none that could be gone on with."""
        begun = read_note(self._part_json(address), Begun)
        try:
            return (begun, self.part(address).stat().st_size) if begun else None
        except FileNotFoundError:
            return None

    def begin(self, address: Address, begun: Begun) -> None:
        """Begin a part, empty; what was there is dropped first, so bytes never stand under other words.

        Raises:
            OSError: the disk is full or sick.
        """
        self.drop(address)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_note(self._part_json(address), begun)
        self.part(address).touch()

    def drop(self, address: Address) -> None:
        """Drop a part."""
        self.part(address).unlink(missing_ok=True)
        self._part_json(address).unlink(missing_ok=True)

    @contextlib.contextmanager
    def collecting(self, address: Address) -> Iterator[None]:
        """Keep a part from being thrown out meanwhile."""
        part = self.part(address)
        self._under_way[part] = 0
        try:
            yield
        finally:
            del self._under_way[part]

    def finish(self, address: Address) -> str:
        """Make an image of a part and return its digest.

        Raises:
            OSError: the disk is full or sick.
        """
        part = self.part(address)
        with part.open("rb") as file:
            os.fsync(file.fileno())
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        part.chmod(_READABLE)
        with self._lock:
            os.utime(part)
            part.replace(self.path(sha256))
        self._part_json(address).unlink(missing_ok=True)
        _sync(self.directory)
        return sha256

    # --- bounds -------------------------------------------------------------------------------------

    def make_room(self, address: Address, need_bytes: int, budget_bytes: int) -> list[str]:
        """Throw out what was used longest ago until the rest of a part fits; return the names of that.

        Nothing is thrown out in vain: where all of it would not be enough, it stays.

        Args:
            address: of the part, for which the room is kept while it is collected.
            need_bytes: that are to come.
            budget_bytes: what all together may have.

        Raises:
            UnavailableError: what is in use, or the disk, leaves no room.
        """
        with self._lock:
            part = self.part(address)
            gone = self._throw_out(self._lacking(need_bytes, budget_bytes))
            self._under_way[part] = _size(part) + need_bytes
        return gone

    def _lacking(self, need_bytes: int, budget_bytes: int) -> int:
        """Return the bytes that have to go, in the cache or on its disk, whichever is more."""
        sizes = {file: _size(file) for file in self._files()}
        promised = sum(max(0, end - sizes.get(part, 0)) for part, end in self._under_way.items())
        taken, idle = sum(sizes.values()) + promised, sum(one.size_bytes for one in self._candidates())
        free_bytes = free(self.directory) - promised
        in_cache, on_disk = taken + need_bytes - budget_bytes, need_bytes + SPARE_BYTES - free_bytes
        if in_cache > idle:
            raise UnavailableError(
                f"its {size(need_bytes)} do not fit into the cache: {size(taken - idle)} are in use and "
                f"images_max in [fetch] is {size(budget_bytes)}; raise it"
            )
        if on_disk > idle:
            raise UnavailableError(
                f"its {size(need_bytes)} do not fit on the disk of {self.directory}, "
                f"which has {size(max(0, free_bytes))} free: make room there"
            )
        return max(in_cache, on_disk)

    def _throw_out(self, lacking_bytes: int) -> list[str]:
        gone: list[str] = []
        for candidate in sorted(self._candidates(), key=lambda one: one.used):
            if lacking_bytes <= 0:
                break
            candidate.path.unlink(missing_ok=True)
            lacking_bytes -= candidate.size_bytes
            gone.append(candidate.path.name)
        return gone

    def _files(self) -> list[Path]:
        return [*self.directory.glob(f"*{IMAGE}"), *self.directory.glob(f"*{PART}")]

    def _candidates(self) -> Iterator[_Candidate]:
        for path in self._files():
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # a part that was dropped just now
            is_idle = time.time() - found.st_mtime > FRESH_SECONDS
            if found.st_nlink == 1 and is_idle and path not in self._under_way:
                yield _Candidate(path, found.st_mtime, found.st_size)

    def _json(self, address: Address) -> Path:
        return self.directory / f"{address.key}.json"

    def _part_json(self, address: Address) -> Path:
        return self.directory / f"{address.key}{PART}.json"


def free(directory: Path) -> int:
    """Return the bytes that the disk of a directory has left."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # a part that was dropped just now


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
