"""Own rows: which changes of ours others wait for, and what is left of a target no longer offered.

Rules of this file: pure functions of rows.
"""

from __future__ import annotations

from msgspec.structs import replace

from vacnet.space.rows import TargetRow


def is_urgent(before: TargetRow | None, after: TargetRow, factory: str) -> bool:
    """Tell whether others wait for this change of `factory`: a window, a hold, a claim ...

    Everything else (counts, messages, room) may wait to be sent together. Source: gossip.md 4.5, so
    that 1,000 machines that find an empty queue together do not make N^2 urgent datagrams; for the same
    reason the copy of a window that another factory opened is none.
    """
    if before is None:
        return False
    said = before.hold.identity != after.hold.identity and after.hold.author == factory
    opened = before.window.identity != after.window.identity and after.window.opener == factory
    return (
        opened
        or said
        or before.claim != after.claim
        or before.tickets != after.tickets
        or before.proofs != after.proofs
    )


def gone(row: TargetRow) -> TargetRow:
    """Return the row of a target that is no longer offered: nothing runs, nothing can start."""
    return replace(TargetRow(target=row.target, window=row.window, hold=row.hold), gone=True)
