"""How much one machine may ask: a bucket of requests that fills with time.

Rules of this file: pure. cloud-init asks some eighty times at a boot, at once; a payload that reads its
features in a loop is held to a rate that costs the host nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST = 300.0
PER_SECOND = 50.0


@dataclass(slots=True)
class Bucket:
    """Requests that a machine may make now."""

    left: float = BURST
    filled_at: float = 0.0

    def take(self, now: float) -> bool:
        """Take one request; False when there is none left."""
        self.left = min(BURST, self.left + max(0.0, now - self.filled_at) * PER_SECOND)
        self.filled_at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True
