"""A name that nobody knows, in words: the nearest of those that are known, or all where they are few."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

NEAR = "did you mean "
NAMED_MAX = 8
"""Of names that are known; of more the command that lists them is the place to look."""


def slip(name: str, known: Iterable[str]) -> str:
    """Return `did you mean X?`, else what there is; empty where that is too much to name."""
    names = sorted(set(known))
    if near := difflib.get_close_matches(name, names, n=1):
        return f"{NEAR}{near[0]}?"
    return all_of(names)


def all_of(names: list[str]) -> str:
    """Return `there are X, Y`; empty where that is too much to name, or nothing."""
    there = "there is" if len(names) == 1 else "there are"
    return f"{there} {', '.join(names)}" if 0 < len(names) <= NAMED_MAX else ""
