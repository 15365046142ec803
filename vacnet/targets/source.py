"""TOML files put together: tables merge, later values win, and each value knows its file and line.

Rules of this file: a file that cannot be read as TOML is one fatal `Problem` with its line, and the
others are read all the same, so that an admin sees everything at once. Sizes are bounded before
parsing. Where a later file says a value, an earlier one is forgotten with its place; an array is a
value and is replaced whole.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vacnet.targets.locate import Path, lines_of
from vacnet.targets.model import Place, Problem

FILE_BYTES_MAX = 1 << 20
"""Bytes of one file: a settings file of a thousand targets has a tenth of that."""

_POSITION = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)")
_SIMPLE = "Correct the line; https://toml.io shows the format"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file as it was read: its name for people, and its bytes."""

    name: str
    data: bytes


@dataclass(slots=True)
class Merged:
    """What all files say together."""

    table: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    owners: dict[Path, int] = field(default_factory=dict)
    """Which file each value is from."""
    lines: list[Mapping[Path, Place]] = field(default_factory=list)
    """The places of each file's keys, in the order of the files that could be read."""

    def place(self, path: Path) -> Place:
        """Return where a path stands, or the nearest table above it that stands somewhere."""
        owner = next((self.owners[part] for part in _upwards(path) if part in self.owners), None)
        maps = self.lines[::-1] if owner is None else [self.lines[owner]]
        found = (lines[part] for part in _upwards(path) for lines in maps if part in lines)
        return next(found, Place(""))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value that is no table, and the number of its file."""

    value: object
    file: int


def merge_files(files: Sequence[SourceFile]) -> Merged:
    """Return what the files say together, lowest precedence first."""
    merged = Merged()
    tree: dict[str, object] = {}
    for file in files:
        read = read_toml(file)
        if isinstance(read, Problem):
            merged.problems.append(read)
        else:
            _merge(tree, read.table, len(merged.lines))
            merged.lines.append({path: Place(file.name, line) for path, line in read.lines.items()})
    merged.table = _flatten(tree, (), merged.owners)
    return merged


def _merge(into: dict[str, object], new: Mapping[str, object], file: int) -> dict[str, object]:
    for key, value in new.items():
        if isinstance(value, dict):
            old = into.get(key)
            into[key] = _merge(old if isinstance(old, dict) else {}, value, file)
        else:
            into[key] = _Leaf(value, file)
    return into


def _flatten(tree: Mapping[str, object], path: Path, owners: dict[Path, int]) -> dict[str, object]:
    """Return the tree without its leaves' wrapping; note each leaf's file."""
    table: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, _Leaf):
            owners[*path, key] = value.file
            table[key] = value.value
        elif isinstance(value, dict):
            table[key] = _flatten(value, (*path, key), owners)
    return table


def _upwards(path: Path) -> list[Path]:
    """Return a path and the paths above it, longest first."""
    return [path[:length] for length in range(len(path), 0, -1)]


@dataclass(frozen=True, slots=True)
class Toml:
    """One file that is TOML: what it says, and the line of each key."""

    table: dict[str, object]
    lines: Mapping[Path, int]


def read_toml(file: SourceFile) -> Toml | Problem:
    """Return what one file says, or the problem that it is no TOML."""
    if len(file.data) > FILE_BYTES_MAX:
        return Problem(
            Place(file.name),
            "",
            f"has {len(file.data)} bytes, at most {FILE_BYTES_MAX} are read; split the file",
        )
    try:
        text = file.data.decode("utf-8-sig")
        return Toml(tomllib.loads(text), lines_of(text))
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        return Problem(
            Place(file.name, line), "", f"is no UTF-8 text at byte {error.start}; save it as UTF-8"
        )
    except (ValueError, RecursionError) as error:
        return _syntax(file, error)


def _syntax(file: SourceFile, error: Exception) -> Problem:
    """Return the problem of a syntax error, its place taken out of the parser's words."""
    words = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    match = _POSITION.search(words)
    line = 0
    if match:
        line = int(match[1]) if match[1] else file.data.count(b"\n") + 1
    return Problem(Place(file.name, line), "", f"is no TOML: {_POSITION.sub('', words)}. {_SIMPLE}")
