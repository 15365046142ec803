"""Namesakes: two running factories of one name, as a third one meets them.

Rules of this file: a value, kept with the factory that stands in the table. Another life of its name has
proved itself, from another address; that alone may be its next life on another host, of a record that was
lost. Who was heard again after that runs beside it. The two tell each other (`twin`); this is for the admin
who looks at the space from a third host, and it ends as the conflict does: a minute after the last proof.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.space import limits
from vacnet.space.address import Address


@dataclass(frozen=True, slots=True)
class Namesake:
    """Where another life of a name has proved itself; times are seconds on my clock."""

    address: Address
    first_at: float
    last_at: float

    def lasts(self, now: float) -> bool:
        """Return whether the last proof is younger than a minute."""
        return now - self.last_at < limits.CONFLICT_SECONDS

    def runs_beside(self, address: Address | None, heard_at: float, now: float) -> bool:
        """Return whether it and the one heard at `address` both run."""
        return self.lasts(now) and self.address != address and heard_at > self.first_at


def met(before: Namesake | None, address: Address, now: float) -> Namesake:
    """Return the namesake that has proved itself at this address now."""
    same = before is not None and before.address == address and before.lasts(now)
    return Namesake(address, before.first_at if same and before else now, now)
