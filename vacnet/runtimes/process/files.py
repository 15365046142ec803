"""The engine folder of a machine: which files it holds and how they are written.

Rules of this file: `<machine directory>/engine` belongs to the factory's user alone (0700). A file
in it is there whole or not at all: written beside, fsync, rename, fsync of the folder. What each
file means:

| file | written by | says |
| --- | --- | --- |
| `lock` | the factory, first | flock(2) on it is held by the keeper as long as it lives |
| `plan.json` | the factory, before anything runs | what to run; without it a keeper ends at once |
| `keeper.json` | the keeper, before the payload runs | who keeper and payload are, in which boot |
| `over.json` | the factory's guard | the machine is being stopped for its disk or memory |
| `ended.json` | the keeper's last act | exit code, usage, or why the payload never ran |

So the state of a machine follows from which files are there, whoever was killed and when. It runs
inside the keeper too and imports next to nothing.
"""

from __future__ import annotations

import fcntl
import json
import os

FOLDER = "engine"
LOCK = "lock"
PLAN = "plan.json"
KEEPER = "keeper.json"
OVER = "over.json"
ENDED = "ended.json"

Values = dict[str, object]


def open_folder(directory: str) -> int:
    """Return a handle on the engine folder in a machine's directory.

    Raises:
        FileNotFoundError: there is none.
    """
    return os.open(f"{directory}/{FOLDER}", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def write(folder: int, name: str, values: Values) -> None:
    """Put `values` into the folder as file `name`: durable when this returns, whole at any time."""
    beside = name + ".new"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        os.write(handle, json.dumps(values, indent=1).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def load(folder: int, name: str) -> Values | None:
    """Return what file `name` holds; None when it is not there, or damaged."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        values = json.loads(os.read(handle, os.fstat(handle).st_size))
        return values if isinstance(values, dict) else None
    except ValueError:
        return None  # damaged by the disk, for a file is there whole or not at all
    finally:
        os.close(handle)


def lock(folder: int, *, shared: bool = False) -> int | None:
    """Take the folder's lock and return its handle; None when a keeper has it.

    `shared` is for looking: lookers do not keep each other out, only a keeper keeps them out.

    Raises:
        FileNotFoundError: the folder has been removed.
    """
    handle = os.open(LOCK, os.O_RDWR | os.O_NOFOLLOW, dir_fd=folder)
    if try_lock(handle, shared=shared):
        return handle
    os.close(handle)
    return None


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Lock an open file or folder until it is closed; return False when another has it (flock(2))."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
