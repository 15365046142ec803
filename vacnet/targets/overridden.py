"""The faults of one file by itself: a bad value is a mistake also where a later file overrides it.

Rules of this file: values and keys only. What a whole needs (a name of the space, an image of a target) may
stand in another file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vacnet.targets import sections
from vacnet.targets.locate import Path
from vacnet.targets.model import Problem
from vacnet.targets.options import SITE_CHECKS
from vacnet.targets.reader import Reader
from vacnet.targets.sections import Checks
from vacnet.targets.source import SourceFile, merge_files

_FIXED: Sequence[tuple[Path, Checks]] = (
    (("defaults",), SITE_CHECKS),
    (("space",), sections.SPACE),
    (("factory",), sections.FACTORY),
    (("fetch",), sections.FETCH),
    (("control",), sections.CONTROL),
    (("metrics",), sections.METRICS),
    (("metadata",), sections.METADATA),
    *((("runtimes", name), checks) for name, checks in sections.RUNTIMES.items()),
)
_NAMED: Sequence[tuple[str, Checks]] = (("targets", SITE_CHECKS), ("pipes", sections.PIPE))


def faults_of(file: SourceFile) -> tuple[Problem, ...]:
    """Return what is wrong with the keys and values of a file that is TOML; its syntax is told elsewhere."""
    reader = Reader(merge_files((file,)), main_file=file.name)
    reader.section((), sections.TOP, sections.TABLES)
    for path, checks in (*_FIXED, *_named(reader)):
        reader.section(path, checks)
    return tuple(reader.problems)


def _named(reader: Reader) -> Iterator[tuple[Path, Checks]]:
    for table, checks in _NAMED:
        for name in reader.table((table,)):
            yield (table, name), checks
