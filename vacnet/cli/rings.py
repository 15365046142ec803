"""The key file as commands change it: read, found by id, edited whole or not at all, for its owner alone.

Rules of this file: as in `files`, comments and order stay and two editors do not undo each other. A file
that everybody may read is mended when it is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vacnet.cli import files, settings_files
from vacnet.cli.exits import CommandError, Exit
from vacnet.console.keys_view import ListedKey
from vacnet.factory.client import KeyState
from vacnet.space.seal import key_id
from vacnet.targets.keys import FILE_BYTES_MAX, add_key, drop_key, read_keys, use_key
from vacnet.targets.source import SourceFile

__all__ = ["FILE_BYTES_MAX", "Entry", "Ring", "add", "described", "drop", "find", "keys_in", "ring", "use"]

HEAD = "# The first member key seals what is sent; all keys open what comes.\n"
NOT_FOR_OTHERS = 0o770


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a file."""

    id: str
    role: str
    secret: bytes

    def __repr__(self) -> str:
        """Return text without the secret."""
        return f"Entry({self.id}, {self.role})"


@dataclass(frozen=True, slots=True)
class Ring:
    """A key file and what it holds."""

    path: Path
    keys: tuple[Entry, ...]
    wrong: tuple[str, ...] = ()
    """Lines that are no key, in words."""


def ring(file: Path | None, config: Path | None) -> Ring:
    """Return the ring of a file, or of the one that the settings name; empty where there is no such file."""
    path = file or settings_files.key_file(config)
    if not path.exists():
        return Ring(path, ())
    keys, problems = read_keys(SourceFile(str(path), path.read_bytes()))
    wrong = tuple(str(problem) for problem in problems if not (keys and problem.fatal))
    return Ring(path, tuple(_entry(key.role, key.secret) for key in keys), wrong)


def keys_in(name: str, data: bytes) -> tuple[Entry, ...]:
    """Return the keys of a file to take them from.

    Raises:
        CommandError: it has none, or something else in it.
    """
    if not data.strip():
        raise CommandError(f"{_of_stdin(name)} is empty: there is no key in it", Exit.NO_INPUT)
    keys, problems = read_keys(SourceFile(_of_stdin(name), data))
    bad = [problem for problem in problems if not (keys and problem.fatal)]  # one of observers alone will do
    if bad:
        raise CommandError("; ".join(map(str, bad)), Exit.NO_INPUT)
    return tuple(_entry(key.role, key.secret) for key in keys)


def _of_stdin(name: str) -> str:
    return "stdin" if name == "-" else name


def find(of: Ring, wanted: str) -> Entry:
    """Return the key whose id begins so.

    Raises:
        CommandError: there is none, or more than one.
    """
    found = [key for key in of.keys if wanted and key.id.startswith(wanted.lower())]
    if len(found) != 1:
        held = ", ".join(key.id for key in of.keys) or "none"
        many = "more than one key" if found else "no key"
        raise CommandError(f"{of.path} holds {many} {wanted!r}; it has {held}", Exit.NO_INPUT)
    return found[0]


def described(of: Ring, loaded: Sequence[KeyState] | None) -> tuple[ListedKey, ...]:
    """Return the keys with what a running factory knows of them; None: no factory answers."""
    known = {key.id: key for key in loaded or ()}
    sealing = next((key.id for key in of.keys if key.role == "member"), "")
    return tuple(
        ListedKey(
            id=key.id,
            role=key.role,
            seals=key.id == sealing,
            peers=None if loaded is None else known[key.id].peers if key.id in known else (),
            loaded=None if loaded is None else key.id in known,
        )
        for key in of.keys
    )


def add(to: Ring, keys: Sequence[Entry]) -> bool:
    """Append keys; return whether the file changed."""

    def change(text: str) -> str:
        for key in keys:
            text = add_key(text, key.secret, key.role)
        return text

    return _edit(to, change)


def use(of: Ring, key: Entry) -> bool:
    """Put a key first; return whether the file changed."""
    return _edit(of, lambda text: use_key(text, key.secret))


def drop(of: Ring, key: Entry) -> bool:
    """Take a key away; return whether the file changed."""
    return _edit(of, lambda text: drop_key(text, key.secret))


def _edit(of: Ring, change: Callable[[str], str]) -> bool:
    try:
        changed = files.edit(of.path, change, lambda: HEAD, files.MODE_SECRET)
    except ValueError as error:
        raise CommandError(f"{of.path} was not changed: {error}") from error
    mode = of.path.stat().st_mode & 0o7777
    if mode & 0o007:
        of.path.chmod(mode & NOT_FOR_OTHERS)
    return changed


def _entry(role: str, secret: bytes) -> Entry:
    return Entry(key_id(secret).hex(), role, secret)
