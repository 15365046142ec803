"""Whom a command asks over the network: addresses of `--peer`, the key of `--key`, the name of the space.

Rules of this file: what the options leave out is taken from the settings of this host, where there are
any; a host without vacnet's settings has to be told all three. An observer's key is preferred to a
member's: whoever only looks should not need to say more.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.near_files import key_data
from vacnet.space.address import Address
from vacnet.space.keyring import Key, KeyRing, Role
from vacnet.targets.address import EXPECTED, endpoint, why_unresolved
from vacnet.targets.keys import read_keys
from vacnet.targets.source import SourceFile

if TYPE_CHECKING:
    from vacnet.cli.settings_files import Found


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Remote:
    """Whom to ask over the network."""

    peer: tuple[str, ...] = ()
    """Ask this factory over the network, with no factory here: host, host:port or [IPv6]:port."""
    key: Path | None = None
    """File with a key of the space, of either role; else that of the settings."""
    name: str = ""
    """Name of the space; else that of the settings."""


HERE = Remote()


@dataclass(frozen=True, slots=True)
class Access:
    """What it takes to ask: where, with which key, in which space."""

    addresses: tuple[Address, ...]
    key: Key
    space: str


def refuse_unused(remote: Remote) -> None:
    """Refuse what is for asking over the network, where nobody is named to be asked so.

    Raises:
        CommandError: a key or a name of a space is given, and no peer.
    """
    if not remote.peer and (remote.key or remote.name):
        raise CommandError("--key and --name are for --peer: name whom to ask with them", Exit.WRONG_USE)


def resolve(peer: str) -> tuple[tuple[Address, ...], str]:
    """Return the addresses of a peer as written, and why it has none."""
    found = endpoint(peer)
    if found is None:
        return (), f"{peer!r} is not {EXPECTED}"
    try:
        told = socket.getaddrinfo(*found, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        why = why_unresolved(error)
        return (), f"{why}{' Else' if why.endswith('?') else '; or'} write its address"
    return tuple(dict.fromkeys((str(address[0]), int(address[1])) for *_, address in told)), ""


def access(remote: Remote, config: Path | None = None) -> Access:
    """Return how to ask whom the options name.

    Raises:
        CommandError: a name cannot be resolved, or key or name of the space are not told.
    """
    space, key_file = remote.name, remote.key
    if not space or key_file is None:
        from vacnet.cli import settings_files  # late: only where the options leave something out

        found = settings_files.read(config)
        settings = found.settings
        if settings is None:
            raise CommandError(_untold(remote, found))
        space, key_file = space or settings.space.name, key_file or Path(settings.space.key_file)
    return Access(tuple(a for peer in remote.peer for a in resolved(peer)), key_of(key_file, space), space)


def _untold(remote: Remote, found: Found) -> str:
    """Return what an option has to tell that no settings of this host do."""
    at = found.places.config
    why = f"the settings at {at} have problems" if found.files else f"there are no settings at {at}"
    asked = {
        "--key FILE (a key of the space, of either role)": remote.key is None,
        "--name SPACE (as in [space] name of its settings)": not remote.name,
    }
    wanted = " and ".join(option for option, missing in asked.items() if missing)
    return f"{why} to ask with: give {wanted}, or --config with settings of the space"


def key_of(path: Path, space: str) -> Key:
    """Return the key of a file to look with, derived for a space: every factory has the first member key."""
    keys, problems = read_keys(SourceFile(str(path), key_data(path)))
    if not keys:
        raise CommandError("; ".join(map(str, problems)), Exit.BAD_SETTINGS)
    ring = KeyRing([(key.role, key.secret) for key in keys], space).keys
    return next((key for key in ring if key.role is Role.MEMBER), ring[0])


def resolved(peer: str) -> tuple[Address, ...]:
    """Return the addresses of a peer as written.

    Raises:
        CommandError: it has none.
    """
    addresses, trouble = resolve(peer)
    if not addresses:
        raise CommandError(f"{peer}: {trouble}", Exit.NO_INPUT)
    return addresses
