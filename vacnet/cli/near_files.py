"""A file that is not there, in words that lead on: the nearest name, or the directory that is missing.

Rules of this file: it looks at one directory, and only when a command has failed already.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.near_names import all_of

WHENCE_KEYS = (
    "copy that of another host of the space ([space] key_file), or make one with `vacnet key new FILE`"
)


def not_there(name: str, remedy: str = "") -> str:
    """Return that there is no such file, and what to do about it; `remedy` where no other name is near."""
    path = Path(name)
    if not path.parent.exists():
        return f"{name}: there is no directory {path.parent}; make it, or name another path"
    stems = {Path(each).stem: each for each in _names(path.parent)}
    if near := get_close_matches(path.stem, stems, n=1):  # of the same suffix all are alike
        return f"{name}: there is no such file; did you mean {path.parent / stems[near[0]]}?"
    return f"{name}: there is no such file{_instead(path, remedy)}"


def _instead(path: Path, remedy: str) -> str:
    """Return what to do, else where was looked, and which files of that kind are there."""
    if remedy:
        return f"; {remedy}"
    alike = [name for name in _names(path.parent) if path.suffix and name.endswith(path.suffix)]
    others = all_of(sorted(alike))
    return f" in {path.parent.resolve()}" + (f"; {others}" if others else "")


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
