"""Quantiles of a few samples."""

from __future__ import annotations

import math
from collections.abc import Sequence


def quantile(samples: Sequence[float], part: float) -> float:
    """Return the smallest sample that at least `part` of them do not exceed; NaN of none."""
    if not samples:
        return math.nan
    return sorted(samples)[max(0, math.ceil(part * len(samples)) - 1)]
