"""When a target whose image, user_data or engine is not to be had is tried again: 10 s to 10 min, doubling.

Rules of this file: pure counting, one number a target; the first machine made clears it. Source: section 5 of
the design.
"""

from __future__ import annotations

FIRST_SECONDS = 10.0
LONGEST_SECONDS = 600.0


class Retries:
    """How often in a row each target could not be made."""

    def __init__(self) -> None:
        """Begin with all targets well."""
        self._failures: dict[str, int] = {}

    def failed(self, target: str) -> float:
        """Count a failure and return in how many seconds to try again."""
        failures = self._failures.get(target, 0)
        self._failures[target] = failures + 1
        return float(min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(failures, 16)))

    def succeeded(self, target: str) -> None:
        """Forget a target's failures."""
        self._failures.pop(target, None)
