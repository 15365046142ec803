"""The plan of a machine: what its keeper needs to run it, as it stands in `plan.json`.

Rules of this file: types only; a keeper uses them as annotations and never imports this at run time.
"""

from __future__ import annotations

from typing import TypedDict


class User(TypedDict):
    """Who the payload runs as, by number."""

    uid: int
    gid: int
    groups: list[int]


class Plan(TypedDict):
    """All that the keeper needs to know; paths are absolute."""

    machine: str
    labels: dict[str, str]
    directory: str
    arguments: list[str]
    """Program first; never seen by a shell."""
    environment: dict[str, str]
    scratch: str
    """The payload's working directory."""
    console: str
    user: User | None
    """None: the factory's own."""
    cgroups: list[str]
    sandboxed: bool
    """True: `arguments` start bwrap, and the payload is in its name space."""
    disk_bytes: int
    """What the machine's directory may hold, and so RLIMIT_FSIZE; 0 means no limit."""
    memory_bytes: int
    niceness: int
