"""How machines are called: host names as Vac's, and ids that also name their directories.

Rules of this file: a name says where (`<host>-NN.<domain>`, NNN from 100) and is used again by the next
machine with that number; an id says which (`<created>_<target>_<NN>`) and is never used twice. Target
names have no underscore, so an id is read back without doubt. A name is made from an admin's
pattern, so it is checked against what the kernel and DNS accept (RFC 1123).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9-]{1,63})*")
_ID = re.compile(r"([0-9]{1,12})_([a-z0-9][a-z0-9.-]{0,199})_([0-9]{2,9})")
"""Bounded: engines show us what anybody may have labelled, and it names a directory."""
_FIELD = re.compile(r"\{(host|domain|number)(?::0?([0-9])d)?\}")


@dataclass(frozen=True, slots=True)
class MachineId:
    """An id taken apart."""

    created: int
    """Unix seconds."""
    target: str
    number: int

    def __str__(self) -> str:
        """Return the id as it stands in the record and on the disk."""
        return f"{self.created}_{self.target}_{self.number:02d}"


def parse_machine_id(text: str) -> MachineId | None:
    """Take an id apart; None when it is not one."""
    found = _ID.fullmatch(text)
    return MachineId(int(found[1]), found[2], int(found[3])) if found else None


def lowest_free(numbers: Iterable[int]) -> int:
    """Return the lowest number from 0 that is not among `numbers`."""
    taken = set(numbers)
    return next(number for number in count() if number not in taken)


def split_node_name(name: str) -> tuple[str, str]:
    """Return the first label of a node's name and the rest with its leading dot."""
    host, dot, domain = name.partition(".")
    return host, dot + domain


def machine_name(pattern: str, host: str, domain: str, number: int) -> str:
    """Return the host name of a machine by the site's `machine_name_pattern`.

    Only ``{host}``, ``{domain}`` and ``{number}`` (with a width, ``{number:02d}``) are replaced: a pattern is
    no general format string.

    Raises:
        ValueError: what comes out is no host name, or two numbers would give the same one.
    """
    values: dict[str, Callable[[int], str]] = {
        "host": lambda _: host,
        "domain": lambda _: domain,
        "number": lambda width: f"{number:0{width}d}",
    }
    name = _FIELD.sub(lambda found: values[found[1]](int(found[2] or 0)), pattern)
    if _HOST_NAME.fullmatch(name) is None or "{number" not in pattern:
        raise ValueError(
            f"machine_name_pattern {pattern!r} gives {name!r}: expected a host name with the machine's "
            "number in it, such as the default '{host}-{number:02d}{domain}'"
        )
    return name
