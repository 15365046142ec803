"""What a benchmark gives: figures with their units and, where there is one, the limit they are held to."""

from __future__ import annotations

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured number."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    """The most it may be; None: there is none."""
    how: str = ""

    @property
    def met(self) -> str:
        """Return whether the limit is met, in a word."""
        if self.limit is None:
            return ""
        return "yes" if self.value <= self.limit else "NO"
