"""Files that a machine PUTs into its joboutputs: bounded, acknowledged only when they would outlive a crash.

Rules of this file: a file comes in beside joboutputs and gets its name there when it is whole, by fsync,
rename and fsync of the directory, so that whoever looks sees the old file or the new one. A name is one
path component, checked before; here nothing is opened by it, it is only renamed to. A machine has so many
files and bytes, whatever it does, and never the last of the disk: the record and other machines live on it.
Only what we read of it ourselves (its heartbeat, its proof, its last word) is taken for as long as the disk
does: else a host that is nearly full would end every machine with a heartbeat, and not know how others ended.

Methods block; call them off the loop. Vac said 201 also when the disk was full.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import threading
from pathlib import Path

from vacnet.machines.layout import JOBOUTPUTS
from vacnet.machines.message import JOB_STARTED, SHUTDOWN_MESSAGE
from vacnet.machines.spec import Spec
from vacnet.quantities import size

FILE_BYTES_MAX = 256 << 20
TOTAL_BYTES_MAX = 1 << 30
FILES_MAX = 1000
UPLOADS_MAX = 4
DISK_FREE_BYTES_MIN = 256 << 20
WORD_BYTES_MAX = 4 << 10
"""A heartbeat, a proof or a last word is shorter."""
PREFIX = ".incoming-"
_READABLE = 0o644
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class RefusedError(Exception):
    """A file is not taken; `status` is HTTP's, the text says why."""

    def __init__(self, status: int, words: str) -> None:
        """Refuse with a status and words."""
        super().__init__(words)
        self.status = status


class Outputs:
    """The joboutputs of one machine as a place where files come in."""

    def __init__(self, spec: Spec) -> None:
        """Know whose they are, and remove what a kill left half taken in."""
        self._home = spec.directory
        self._words = {SHUTDOWN_MESSAGE, JOB_STARTED, spec.target.heartbeat_file}
        self._lock = threading.Lock()
        self._under_way = 0
        for left in self._home.glob(f"{PREFIX}*"):
            left.unlink(missing_ok=True)

    def keep(self, name: str, body: bytes) -> None:
        """Take a whole file in; when this returns, its bytes are safe.

        However many come in piece by piece: a heartbeat does not wait for a log.

        Raises:
            RefusedError: it is not wanted, or cannot be kept.
        """
        with self._lock:
            incoming = self._begin(name, len(body))
        try:
            incoming.write(body)
            incoming.finish()
        finally:
            incoming.drop()

    def begin(self, name: str, length: int | None) -> Incoming:
        """Begin to take a file in piece by piece; `length` as it was announced.

        Raises:
            RefusedError: it is not wanted.
        """
        if (length or 0) > FILE_BYTES_MAX:
            raise RefusedError(
                413, f"a file may have {size(FILE_BYTES_MAX)}, this one has {size(length or 0)}"
            )
        with self._lock:
            if self._under_way >= UPLOADS_MAX:
                raise RefusedError(429, f"{UPLOADS_MAX} files are coming in already; try again")
            return self._begin(name, length or 0)

    def _begin(self, name: str, length: int) -> Incoming:
        try:
            self._check_room(name, length)
            incoming = Incoming(self, name)
        except OSError as error:
            raise refusal(error) from None
        self._under_way += 1
        return incoming

    def _check_room(self, name: str, length: int) -> None:
        """Return if one more file of this length is within the bounds."""
        if self._is_word(name, length):
            return
        there = _sizes(self._home / JOBOUTPUTS)
        if len(there.keys() | {name}) > FILES_MAX:
            raise RefusedError(507, f"a machine may have {FILES_MAX} files")
        if sum(there.values()) - there.get(name, 0) + length > TOTAL_BYTES_MAX:
            raise RefusedError(507, f"a machine's files may have {size(TOTAL_BYTES_MAX)} between them")
        self.check_disk(name, length)

    def check_disk(self, name: str, length: int) -> None:
        """Return if the disk has so many bytes for a file of machines.

        Raises:
            RefusedError: it has not.
            OSError: it is sick.
        """
        if self._is_word(name, length):
            return
        disk = os.statvfs(self._home)
        if disk.f_bavail * disk.f_frsize - length < DISK_FREE_BYTES_MIN:
            raise RefusedError(507, "the host's disk is full")

    def _is_word(self, name: str, length: int) -> bool:
        """Tell whether a file is one that we read."""
        return name in self._words and length <= WORD_BYTES_MAX

    def place(self, incoming: Path, name: str) -> None:
        """Give a whole file its name.

        Raises:
            RefusedError: there is no room for it any more, or the name is a directory's.
        """
        outputs = self._home / JOBOUTPUTS
        with self._lock:
            try:
                self._check_room(name, incoming.stat().st_size)
                incoming.replace(outputs / name)
                _sync(outputs)
            except OSError as error:
                raise refusal(error) from None

    def ended(self) -> None:
        """Note that a file has come in, or will not."""
        with self._lock:
            self._under_way -= 1

    @property
    def home(self) -> Path:
        """Return the machine's directory."""
        return self._home


class Incoming:
    """One file on its way in; `finish` it or `drop` it, once."""

    def __init__(self, outputs: Outputs, name: str) -> None:
        """Open a file beside joboutputs.

        Raises:
            OSError: the disk is full or sick, or the machine is gone.
        """
        self._outputs = outputs
        self._name = name
        descriptor, path = tempfile.mkstemp(prefix=PREFIX, dir=outputs.home)
        self._path = Path(path)
        self._file = os.fdopen(descriptor, "wb")
        self._bytes = 0

    def write(self, piece: bytes) -> None:
        """Take a piece in.

        Raises:
            RefusedError: it is too long, or the disk is full.
        """
        self._bytes += len(piece)
        if self._bytes > FILE_BYTES_MAX:
            raise RefusedError(413, f"a file may have {size(FILE_BYTES_MAX)}, this one has more")
        try:
            # Others write too, and a length need not be told before.
            self._outputs.check_disk(self._name, self._bytes)
            self._file.write(piece)
        except OSError as error:
            raise refusal(error) from None

    def finish(self) -> None:
        """Make it a file of joboutputs; when this returns, its bytes are safe.

        Raises:
            RefusedError: it cannot be one.
        """
        try:
            os.fchmod(self._file.fileno(), _READABLE)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise refusal(error) from None
        self._outputs.place(self._path, self._name)

    def drop(self) -> None:
        """Let go of it; what was not finished is removed."""
        try:
            self._file.close()
        except OSError:
            pass  # what could not be written is dropped anyway
        finally:
            self._path.unlink(missing_ok=True)
            self._outputs.ended()


def refusal(error: OSError) -> RefusedError:
    """Return a failure of the disk as it is told to the machine."""
    if error.errno in _FULL:
        return RefusedError(507, "the host's disk is full")
    if error.errno in {errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY}:
        return RefusedError(403, "that name is a directory's")
    return RefusedError(500, f"the host cannot keep it ({error.strerror})")


def _sizes(outputs: Path) -> dict[str, int]:
    """Return the bytes of each file by name; what else is there counts with none."""
    found: dict[str, int] = {}
    with os.scandir(outputs) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            found[entry.name] = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return found


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
