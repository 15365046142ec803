"""The line of every key of a TOML file, which ``tomllib`` does not tell.

Rules of this file: the text has already been read by ``tomllib``, so it is valid TOML 1.0 and only
its shape is followed here: headers, keys, strings (to know where they end), arrays, inline tables.
One pass gives all lines. A path is a tuple of keys, with a number for each step into an array, as one
would index what ``tomllib`` returned. A key's line is where the key itself stands, not its value; a
table's is its header, or where it was first named when it has none.

Grammar followed: https://toml.io/en/v1.0.0 (sections Keys, String, Array, Table, Array of Tables).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]

DEPTH_MAX = 32
"""Keys of one path: settings have four; what is deeper is refused before it costs memory or stack."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> Mapping[Path, int]:
    """Return the line (from 1) of every key path of a valid TOML text.

    Raises:
        ValueError: nested deeper than `DEPTH_MAX`.
    """
    walk = _Walk(text)
    walk.document()
    return walk.lines


class _Walk:
    """One pass over a text: where it is, and the lines found so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.counted_to = 0
        self.lines: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}
        """How many tables an array of tables has so far."""

    def document(self) -> None:
        """Walk over headers and key-value pairs to the end."""
        table: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            table = self.header() if self.text[self.at] == "[" else self.pair(table)
            self.skip(_BLANK)

    def header(self) -> Path:
        """Walk over ``[a.b]`` or ``[[a.b]]``; return the path of its table."""
        line = self.here()
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        keys = self.keys()
        self.at += 2 if is_array else 1
        parent = self.enter((), keys[:-1], line)
        return self.element((*parent, keys[-1]), line) if is_array else self.named((*parent, keys[-1]), line)

    def element(self, array: Path, line: int) -> Path:
        """Note one more table of an array of tables; return its path."""
        index = self.lengths.get(array, 0)
        self.lengths[array] = index + 1
        self.lines.setdefault(array, line)
        return self.named((*array, index), line)

    def named(self, path: Path, line: int) -> Path:
        """Note the line of a path; return the path."""
        self.lines[path] = line
        return path

    def enter(self, table: Path, keys: Path, line: int) -> Path:
        """Step down keys from a table, into the last element where one is an array of tables."""
        self.bound(len(table) + len(keys))
        for key in keys:
            table = (*table, key)
            self.lines.setdefault(table, line)
            if table in self.lengths:
                table = (*table, self.lengths[table] - 1)
        return table

    def pair(self, table: Path) -> Path:
        """Walk over ``key = value``; return the table it stands in."""
        line = self.here()
        keys = self.keys()
        path = (*self.enter(table, keys[:-1], line), keys[-1])
        self.lines[path] = line
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path)
        return table

    def keys(self) -> Path:
        """Walk over a dotted key and the blanks round it."""
        keys: list[str] = []
        while True:
            self.skip(_SPACE)
            keys.append(self.key())
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return tuple(keys)
            self.at += 1

    def key(self) -> str:
        """Walk over one bare or quoted key."""
        if self.text[self.at] not in "\"'":
            return self.take(_BARE)
        quoted = self.string()
        return str(tomllib.loads(f"key = {quoted}")["key"])

    def value(self, path: Path) -> None:
        """Walk over a value; note the keys of inline tables and the elements of arrays."""
        self.bound(len(path))
        first = self.text[self.at]
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline(path)
        elif first in "\"'":
            self.string()
        else:
            self.take(_SCALAR)

    def array(self, path: Path) -> None:
        """Walk over an array, over lines and comments."""
        self.at += 1
        index = 0
        self.skip(_BLANK)
        while self.text[self.at] != "]":
            self.lines[*path, index] = self.here()
            self.value((*path, index))
            index += 1
            self.separator(_BLANK)
        self.at += 1

    def inline(self, path: Path) -> None:
        """Walk over an inline table."""
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.pair(path)
            self.separator(_BLANK)
        self.at += 1

    def separator(self, blank: re.Pattern[str]) -> None:
        """Walk over the blanks and the comma after an element."""
        self.skip(blank)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(blank)

    def string(self) -> str:
        """Walk over a string of any of the four kinds; return it as written."""
        for kind in _STRINGS:
            if match := kind.match(self.text, self.at):
                self.at = match.end()
                return match[0]
        raise ValueError(f"no string at line {self.here()}")

    def take(self, form: re.Pattern[str]) -> str:
        """Walk over what a form matches; return it."""
        match = form.match(self.text, self.at)
        if match is None:
            raise ValueError(f"not TOML at line {self.here()}")
        self.at = match.end()
        return match[0]

    def skip(self, form: re.Pattern[str]) -> None:
        """Walk over what a form matches, be it nothing."""
        if match := form.match(self.text, self.at):
            self.at = match.end()

    def bound(self, depth: int) -> None:
        """Refuse what is nested deeper than anything here has to be."""
        if depth > DEPTH_MAX:
            raise ValueError(f"nested more than {DEPTH_MAX} deep (at line {self.here()}, column 1)")

    def here(self) -> int:
        """Return the line of the current place, counting only what came since the last call."""
        self.line += self.text.count("\n", self.counted_to, self.at)
        self.counted_to = self.at
        return self.line
