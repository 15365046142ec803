"""What is to become of a factory under test: where it dies, and what happens to it before."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

VARIABLE = "VACNET_TEST_FATE"
STAR = "star"
"""The target whose machines acts are done to; others are bystanders."""
ADOPTED = "adopted"
"""The moment at which a factory has adopted and nothing has been told: a place for an act."""
REASON = "an admin wanted its end"


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a factory."""

    point: str = ""
    """Of `fault_points`; empty: any."""
    passing: int = 1
    """The how many-th passing of the point kills; 0: none."""
    delay_seconds: float = 0.0
    """The kill comes so much later, in the midst of whatever is done then."""
    acts: Mapping[str, str] = {}
    """Point to what is done at its first passing: `stop`, `stop when ready`, `lower` or `remove`."""
    away: Mapping[str, int] = {}
    """Call of the engine (`start`, `stop`, `seen`) to how many of the first ones fail."""
    mutant: str = ""
    """Of `MUTANTS`."""
