"""Protocol versions: which one two ends speak, and what an admin is told where there is none.

Rules of this file: every HELLO and WELCOME says [min, max]; two ends speak the highest that both have. What
is added to messages needs no version (fields at the end and types that are not known are ignored): a version
is for what an older release would take for something else.

Source: memberlist refuses a join without a common range; QUIC negotiates likewise (RFC 9000 section 6).
"""

from __future__ import annotations

from vacnet.space.seal import VERSION

VERSION_MIN = VERSION
VERSION_MAX = VERSION


def common(lowest: int, highest: int) -> int | None:
    """Return the version to speak with somebody of this range; None: there is none."""
    highest = min(highest, VERSION_MAX)
    return highest if highest >= max(lowest, VERSION_MIN) else None


def words(lowest: int, highest: int) -> str:
    """Return why nothing can be said to somebody of this range, and what to do."""
    older = "this one" if lowest > VERSION_MAX else "that one"
    return (
        f"it speaks versions {lowest} to {highest} of the protocol, this one {VERSION_MIN} to {VERSION_MAX}: "
        f"no version is common to both, so they cannot share a space; update {older}"
    )
