"""The merged files, read table by table; what is wrong is noted and reading goes on.

Rules of this file: it knows how to find a table, its places and its problems, and nothing about what
a section means; that is `settings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from vacnet.targets.belongs import belongs
from vacnet.targets.checks import Check, RefusedError
from vacnet.targets.locate import Path
from vacnet.targets.model import Place, Problem
from vacnet.targets.problems import CORRECT_IT, CORRECT_VALUE, bad_value, shown, unknown_name
from vacnet.targets.safe import NAME
from vacnet.targets.section import Fault, Values, read_section
from vacnet.targets.source import Merged

WITHOUT_DEFAULT: Mapping[Path, tuple[str, ...]] = MappingProxyType(
    {("space",): ("name",), ("pipes",): ("vacuum_pipe_url",)}
)
"""Keys that a section has to have, by its table."""


@dataclass(slots=True)
class Reader:
    """The merged files, and what reading them has found so far."""

    merged: Merged
    main_file: str
    """Where a missing key would have to be written."""
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def place(self, path: Path) -> Place:
        """Return where a path stands, or the main file if it stands nowhere."""
        place = self.merged.place(path)
        return place if place.file else Place(self.main_file)

    def table(self, path: Path) -> Mapping[str, object]:
        """Return the table at a path, empty where there is none; what is no table is a problem."""
        value: object = self.merged.table
        for key in path:
            value = value.get(str(key), {}) if isinstance(value, dict) else {}
        if isinstance(value, dict):
            return value
        self.refuse(path, value, f"a table; write [{dotted(path)}] and its keys below it")
        return {}

    def section(self, path: Path, checks: Mapping[str, Check], tables: Sequence[str] = ()) -> Values:
        """Return the converted values at a path; keys in `tables` are read elsewhere."""
        own = {key: value for key, value in self.table(path).items() if key not in tables}
        read = read_section(own, checks)
        self.problems += [self.fault(path, fault, (*checks, *tables)) for fault in read.faults]
        for name, key in read.written.items():
            self.places[dotted((*path, name))] = self.place((*path, *key.split(".")))
        return read.values

    def fault(self, path: Path, fault: Fault, known: Sequence[str]) -> Problem:
        """Return the problem of a fault in the table at a path."""
        place, key = self.place((*path, fault.key)), dotted((*path, fault.key))
        if fault.words:
            remedy = CORRECT_VALUE if fault.key in WITHOUT_DEFAULT.get(path[:1], ()) else CORRECT_IT
            return Problem(place, key, f"{fault.words}; {remedy}")
        if elsewhere := belongs(fault.key):
            what = f"key of [{dotted(path)}]" if path else "section or key"
            return Problem(place, key, f"no such {what}; {elsewhere}; move it there")
        return unknown_name(place, key, f"key of [{dotted(path)}]" if path else "section or key", known)

    def refuse(self, path: Path, value: object, expected: str) -> None:
        """Note that a value is not what was expected."""
        self.problems.append(bad_value(self.place(path), dotted(path), value, expected))

    def say(self, path: Path, message: str) -> None:
        """Note a problem in words."""
        self.problems.append(Problem(self.place(path), dotted(path), message))

    def names(self, path: Path, what: str) -> Iterator[str]:
        """Yield the well-formed names of the tables at a path; another name is a problem."""
        for name in self.table(path):
            self.places[dotted((*path, name))] = self.place((*path, name))
            try:
                yield str(NAME(name))
            except RefusedError:
                self.say((*path, name), f"{shown(name)} as {what} is not {NAME.expected}; choose another")


def dotted(path: Path) -> str:
    """Return a path as one writes it in TOML: ``targets.atlas.user_data``."""
    return ".".join(str(part) for part in path)
