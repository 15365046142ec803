"""A machine's directory: ``machines/<id>/`` with what it is told, what it writes, and how to find it again.

Rules of this file: blocking calls, for a worker thread. A file that a machine may be reading is replaced
whole (written beside, synced, renamed), never written over. Secrets (user_data) are for the machine's
user alone, and the directory lets nobody list it; a runtime whose machines run user_data makes it
runnable. Everything can be done twice.

``spec.json`` stands beside the machine's own files so that a machine can be adopted when the record
is lost; ``finished`` begins the time after which the directory expires.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from vacnet.machines.features import (
    CHANGING_JOBFEATURES,
    CHANGING_MACHINEFEATURES,
    jobfeatures,
    machinefeatures,
)
from vacnet.machines.layout import (
    JOBFEATURES,
    JOBOUTPUTS,
    LAYOUTS,
    MACHINEFEATURES,
    SPEC,
    USER_DATA,
)
from vacnet.machines.message import read_small
from vacnet.machines.names import parse_machine_id
from vacnet.machines.spec import Spec
from vacnet.machines.stored import decode_spec, encode_spec
from vacnet.machines.surroundings import HostIdentity

_LISTED = 0o755
_WALKED = 0o711
_CLOSED = 0o700
_READABLE = 0o644
_SECRET = 0o600

SPEC_BYTES_MAX = 1 << 20


def prepare(spec: Spec, host: HostIdentity, user_data: bytes | None) -> None:
    """Make the directory with everything a machine reads.

    Raises:
        OSError: the disk is full or sick.
    """
    _make(spec.directory.parent, _WALKED)
    _make(spec.directory, _CLOSED)
    write_whole(spec.directory / SPEC, encode_spec(spec), _SECRET, durable=True)
    _write_all(spec.directory / MACHINEFEATURES, machinefeatures(spec, host))
    _write_all(spec.directory / JOBFEATURES, jobfeatures(spec, host))
    outputs = spec.directory / JOBOUTPUTS
    _make(outputs, _LISTED)
    given = [outputs]
    if user_data is not None:
        write_whole(spec.directory / USER_DATA, user_data, _SECRET)
        given.append(spec.directory / USER_DATA)
    if LAYOUTS[spec.target.machine_model].own_user:
        _give(spec.directory, given, host.machine_user)


def write_deadline(spec: Spec, host: HostIdentity) -> None:
    """Write the changing files again, with the spec's deadline, and the spec itself.

    A machine that has no directory yet, or none any more, is told nothing.

    Raises:
        OSError: the disk is full or sick.
    """
    if not spec.directory.is_dir():
        return
    write_whole(spec.directory / SPEC, encode_spec(spec), _SECRET, durable=True)
    _write_some(spec.directory / MACHINEFEATURES, machinefeatures(spec, host), CHANGING_MACHINEFEATURES)
    _write_some(spec.directory / JOBFEATURES, jobfeatures(spec, host), CHANGING_JOBFEATURES)


def says_deadline(spec: Spec, host: HostIdentity) -> bool:
    """Tell whether the changing files have the spec's deadline, as far as there are any.

    A machine of our own user could put anything in their place: no link is followed and nothing waited for.
    """
    told = (
        (spec.directory / MACHINEFEATURES, machinefeatures(spec, host), CHANGING_MACHINEFEATURES),
        (spec.directory / JOBFEATURES, jobfeatures(spec, host), CHANGING_JOBFEATURES),
    )
    return all(_says(home, key, values[key].encode()) for home, values, keys in told for key in keys)


def _says(home: Path, key: str, value: bytes) -> bool:
    return read_small(home, key, len(value) + 1) in {None, value}


def remove(directory: Path) -> None:
    """Remove a machine's directory and all in it, following no link; nothing happens if there is none."""
    if directory.is_dir():
        shutil.rmtree(directory)


def all_of(machines: Path) -> list[Path]:
    """Return the directories of machines below `machines`, in the order of their ids."""
    if not machines.is_dir():
        return []
    return sorted(home for home in machines.iterdir() if parse_machine_id(home.name) is not None)


def read_spec(directory: Path) -> Spec | None:
    """Return the spec kept in a machine's directory; None when there is none that can be read."""
    body = read_small(directory, SPEC, SPEC_BYTES_MAX)
    return None if body is None else decode_spec(body)


def write_whole(path: Path, data: bytes, mode: int, *, durable: bool = False) -> None:
    """Replace a file so that a reader sees the old or the new one, never a part.

    `durable` waits until it would outlive a loss of power. What a machine reads need not: it ends with the
    host, and a sync for each of thirty small files would be most of a machine's start.

    Raises:
        OSError: the disk is full or sick; the old file stands.
    """
    descriptor, beside = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(descriptor)
        os.replace(beside, path)  # noqa: PTH105 (beside is a name from mkstemp)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _make(directory: Path, mode: int) -> None:
    """Make a directory that has this mode whatever our umask is."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(mode)


def _write_all(directory: Path, values: Mapping[str, str]) -> None:
    _make(directory, _LISTED)
    _write_some(directory, values, tuple(values))


def _write_some(directory: Path, values: Mapping[str, str], keys: tuple[str, ...]) -> None:
    for key in keys:
        write_whole(directory / key, values[key].encode(), _READABLE)


def _give(directory: Path, paths: list[Path], user: tuple[int, int] | None) -> None:
    """Let the machine's user walk in, and own what is his; without one the machine runs as we do."""
    if user is None:
        return
    directory.chmod(_WALKED)
    for path in paths:
        os.chown(path, *user, follow_symlinks=False)
