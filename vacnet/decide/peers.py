"""A factory as a decision sees it: its row on one target, and whether its word still counts.

Rules of this file: values only. The deciding factory itself is one of them, always live. A Struct and not a
dataclass, because a look at a large space makes thousands.
"""

from __future__ import annotations

import msgspec

from vacnet.space.rows import TargetRow

HOLD_SECONDS = 600.0
"""A holder silent for this long holds no ticket any more (DESIGN section 7)."""


class Peer(msgspec.Struct, frozen=True, gc=False):
    """One factory's row on the target at hand."""

    factory: str
    live: bool
    holds: bool
    """Its tickets still count: it is live, or silent for less than `HOLD_SECONDS`."""
    row: TargetRow
    weight: float = 1.0
    """Worth of one of its processors."""
