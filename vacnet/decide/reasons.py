"""Why: the reasons that every decision carries, also the decision to start nothing.

Rules of this file: values only. A reason has a stable name (for programs), words (for people) and
the numbers that were compared (so that both can check).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vacnet.decide.shares import Choice


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one target was or was not chosen; with an empty target, a veto of the whole host."""

    target: str
    rule: str
    """Stable name: `host.draining`, `window.back-off`, `ticket.waiting`, `share.drawn`, `chosen` …"""
    words: str
    numbers: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """One look at all targets: what was chosen, and the reason for each."""

    at: float
    """Monotonic seconds."""
    chosen: str
    """The target, empty for none."""
    reasons: tuple[Reason, ...]
    choice: Choice | None = None
    """How shares chose; None: there was nothing to choose from."""
