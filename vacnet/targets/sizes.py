"""Amounts of memory and disk as people write them: ``"2 GiB"`` to bytes and back.

Rules of this file: a unit is always written, because "2000" without one has meant MB, MiB and bytes
in Vac and its neighbours. Powers of 1024 are KiB MiB GiB TiB, powers of 1000 are kB MB GB TB, as IEC
80000-13 says; a space between number and unit is optional.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

UNITS: Mapping[str, int] = MappingProxyType(
    {
        "B": 1,
        "kB": 1000,
        "MB": 1000**2,
        "GB": 1000**3,
        "TB": 1000**4,
        "KiB": 1 << 10,
        "MiB": 1 << 20,
        "GiB": 1 << 30,
        "TiB": 1 << 40,
    }
)

_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([kKMGT]?i?B)")
_WRITTEN = ("TiB", "GiB", "MiB", "KiB")


def size_bytes(text: str) -> int | None:
    """Return the bytes that a text such as ``"2 GiB"`` or ``"1.5 GB"`` names, None if it names none."""
    match = _SIZE.fullmatch(text)
    if match is None or match[2] not in UNITS:
        return None
    return int(Fraction(match[1]) * UNITS[match[2]])


def size_text(count: int) -> str:
    """Return bytes in the largest binary unit that divides them: ``size_bytes`` reads it back equal."""
    for unit in _WRITTEN:
        if count and count % UNITS[unit] == 0:
            return f"{count // UNITS[unit]} {unit}"
    return f"{count} B"
