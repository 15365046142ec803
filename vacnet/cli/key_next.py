"""What comes next in a rotation of keys: said after each edit, for whoever has no page at hand.

Rules of this file: one sentence for each edit, on stderr, and only where something was changed. An edit
is made on all hosts before the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vacnet.cli.rings import Entry, Ring

MEMBER = "member"


def after_new(file: str) -> str:
    """Return what a key is for that stands in a file of its own."""
    return f"`vacnet key add {file}` on every host of the space (unless this is their key file itself)"


def after_add(added: Sequence[Entry], ring: Ring) -> str:
    """Return what comes after keys were added to a ring."""
    known = [key.id for key in ring.keys if key.role == MEMBER]
    new = [key.id for key in added if key.role == MEMBER and key.id not in known]
    if not new:
        return "the same on every host that may be asked with it"
    return f"the same on every other host; when all have it, on each: `vacnet key use {new[0]}`"


def after_use(used: Entry, ring: Ring) -> str:
    """Return what comes after a key was put first; empty: it is the only one."""
    old = [key.id for key in ring.keys if key.role == MEMBER and key.id != used.id]
    if not old:
        return ""
    return f"the same on every other host; when all have done it, on each: `vacnet key drop {old[0]}`"
