"""The replay window: each sequence number of a sender's epoch is taken once.

Rules of this file: one integer holds the highest number and one the last 128 as bits. A window begins at
the number of the datagram that proved its sender alive: everything at or below it counts as seen, so a
recording made before I started is worth nothing.

Source: RFC 6479 (IPsec anti-replay without bit shifting); Python's integers shift for free, so this is
the plain window of RFC 4303 section 3.4.3 in RFC 6479's role.
"""

from __future__ import annotations

from vacnet.space.limits import REPLAY_BITS

_MASK = (1 << REPLAY_BITS) - 1


class ReplayWindow:
    """Which of the last 128 sequence numbers have been seen."""

    __slots__ = ("_highest", "_seen")

    def __init__(self, floor: int) -> None:
        """Begin above `floor`: it and all below count as seen."""
        self._highest = floor
        self._seen = _MASK

    def takes(self, sequence: int) -> bool:
        """Return whether the number is new, without taking it."""
        behind = self._highest - sequence
        return behind < 0 or (behind < REPLAY_BITS and not self._seen >> behind & 1)

    def take(self, sequence: int) -> None:
        """Mark a number that `takes` as seen."""
        ahead = sequence - self._highest
        if ahead > 0:
            self._seen = (self._seen << min(ahead, REPLAY_BITS) | 1) & _MASK
            self._highest = sequence
        else:
            self._seen |= 1 << -ahead
