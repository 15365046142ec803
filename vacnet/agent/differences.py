"""What differs between the settings of another factory and ours, as far as rows tell it.

Rules of this file: reading only. A row has the share of its target and the digest of its definition; of what
stands in no row (pipes, defaults, user_data options) factories tell that something differs, and not what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isclose

from vacnet.space.rows import TargetRow

NAMED_MAX = 3
"""Targets named of one kind; the others are counted."""

_SAME = 1e-3
"""Shares are rounded on the wire."""

ELSEWHERE = "pipes, [defaults] or user_data options"


def differences(theirs: Mapping[str, TargetRow], ours: Mapping[str, TargetRow]) -> str:
    """Return in which targets another factory's settings differ from ours, in words."""
    there, here = _offered(theirs), _offered(ours)
    both = sorted(there.keys() & here.keys())
    defined = [name for name in both if there[name].digest != here[name].digest]
    shared = [
        name
        for name in both
        if name not in defined and not isclose(there[name].share, here[name].share, rel_tol=_SAME)
    ]
    kinds = (
        ("the definition of", defined),
        ("the share of", shared),
        ("there alone:", sorted(there.keys() - here.keys())),
        ("here alone:", sorted(here.keys() - there.keys())),
    )
    told = [f"{kind} {_named(names)}" for kind, names in kinds if names]
    return ", ".join(told) or ELSEWHERE


def _offered(rows: Mapping[str, TargetRow]) -> dict[str, TargetRow]:
    return {name: row for name, row in rows.items() if not row.gone}


def _named(names: Iterable[str]) -> str:
    first, *rest = names
    named, left = [first, *rest[: NAMED_MAX - 1]], rest[NAMED_MAX - 1 :]
    return ", ".join(named) + (f" and {len(left)} more" if left else "")
