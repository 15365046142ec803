"""Allowances: how many questions may be asked, of one address and of all together.

Rules of this file: token buckets with a second's worth at once; a bounded number of addresses, the one
not heard for longest makes room. Addresses can be forged, so it is the allowance of all that bounds the
cost; that of one address only keeps honest askers from being crowded out by another honest one.

Source: response rate limiting of name servers, which have the same trouble.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.space.address import Address
from vacnet.space.limits import ASKERS_MAX, QUESTIONS_PER_SECOND, QUESTIONS_PER_SECOND_ALL


@dataclass(slots=True)
class Bucket:
    """What is left of one allowance."""

    per_second: float
    left: float
    filled_at: float

    def take(self, now: float) -> bool:
        """Take one if there is one."""
        grown = max(0.0, now - self.filled_at) * self.per_second
        self.left, self.filled_at = min(self.per_second, self.left + grown), now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class Allowances:
    """The allowances of all askers."""

    def __init__(self, now: float) -> None:
        """Begin with full ones."""
        self._all = Bucket(QUESTIONS_PER_SECOND_ALL, QUESTIONS_PER_SECOND_ALL, now)
        self._askers: dict[Address, Bucket] = {}

    def permit(self, address: Address, now: float) -> bool:
        """Return whether a question from this address is answered, and count it."""
        bucket = self._askers.pop(address, None) or Bucket(QUESTIONS_PER_SECOND, QUESTIONS_PER_SECOND, now)
        if len(self._askers) >= ASKERS_MAX:
            del self._askers[next(iter(self._askers))]
        self._askers[address] = bucket
        return bucket.take(now) and self._all.take(now)
