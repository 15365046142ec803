"""How well a machine uses its processors: CPU seconds by wall seconds and processors, over life and of late.

Rules of this file: pure; samples come in with their time. "Of late" is the last `LATE_SECONDS`, enough for a
payload's pauses between jobs to show and not to hide what follows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from vacnet.machines.runtime import Usage

LATE_SECONDS = 300.0


@dataclass(slots=True)
class Meter:
    """What one machine has used."""

    cpu_seconds: float = 0.0
    memory_peak_bytes: int = 0
    _samples: deque[tuple[float, float]] = field(default_factory=deque)

    def sample(self, usage: Usage, now: float) -> None:
        """Take a measurement in; one that shows less than before means that the engine lost count."""
        self.memory_peak_bytes = max(self.memory_peak_bytes, usage.memory_bytes)
        if usage.cpu_seconds < self.cpu_seconds:
            return
        self.cpu_seconds = usage.cpu_seconds
        self._samples.append((now, usage.cpu_seconds))
        while len(self._samples) > 2 and now - self._samples[1][0] >= LATE_SECONDS:  # noqa: PLR2004 (a span has two ends)
            self._samples.popleft()

    def efficiency(self, lived_seconds: float, processors: int) -> float | None:
        """Return the part of its processors that it used over its life; None before the first measurement."""
        if not self._samples or lived_seconds <= 0:
            return None
        return self.cpu_seconds / lived_seconds / processors

    def efficiency_recent(self, processors: int) -> float | None:
        """Return the same of late; None before there are two measurements."""
        if len(self._samples) < 2:  # noqa: PLR2004 (a span has two ends)
            return None
        (first, cpu_first), (last, cpu_last) = self._samples[0], self._samples[-1]
        return (cpu_last - cpu_first) / max(last - first, 1e-9) / processors
