"""A file that is not there, in words that lead on: the nearest name, or the directory that is missing.

Rules of this file: it looks at one directory, and only when a command has failed already.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from vacnet.cli.exits import CommandError, Exit

WHENCE_KEYS = (
    "copy that of another host of the space ([space] key_file), or make one with `vacnet key new FILE`"
)


def not_there(name: str, remedy: str = "") -> str:
    """Return that there is no such file, and what to do about it; `remedy` where no other name is near."""
    path = Path(name)
    if not path.parent.exists():
        return f"{name}: there is no directory {path.parent}; make it, or name another path"
    near = get_close_matches(path.name, _names(path.parent), n=1)
    other = remedy or f"`ls {path.parent}` shows what there is"
    said = f"did you mean {path.parent / near[0]}?" if near else other
    return f"{name}: there is no such file; {said}"


def key_data(path: Path) -> bytes:
    """Return what is in a key file.

    Raises:
        CommandError: there is none, and this is where keys come from.
        OSError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise CommandError(not_there(str(path), WHENCE_KEYS), Exit.NO_INPUT) from error


def _names(directory: Path) -> list[str]:
    try:
        return [entry.name for entry in directory.iterdir()]
    except OSError:
        return []
