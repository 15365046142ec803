"""Strips: the last outcomes of each target over the whole space, as rows told of them.

Rules of this file: an outcome is seen when a row's last message is another or newer than the one before;
two ends on one factory between two rows are seen as one, so a strip is for people and never decides.
Ages are rounded on the wire and travel for a while, so one end told twice is never of quite the same
time: what moved by less than `SAME_SECONDS` is the same end.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from vacnet.agent.view import OutcomeView
from vacnet.outcomes import Ending, Policy, judge
from vacnet.space.rows import TargetRow

LENGTH = 24
"""What fits beside a target's name in 80 columns."""

SAME_SECONDS = 1.0
"""Ten times the rounding of an age, and more than a datagram takes."""


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    code: int
    factory: str
    at: float


@dataclass(slots=True)
class Strips:
    """The last `LENGTH` outcomes of each target."""

    marks: dict[str, deque[_Mark]] = field(default_factory=dict)

    def see(self, factory: str, before: TargetRow | None, after: TargetRow) -> None:
        """Look whether a row tells of a new end."""
        if after.message_at is None or after.message_code == 0:
            return
        if before is not None and _same_end(before, after.message_code, after.message_at):
            return
        self.add(after.target, factory, after.message_code, after.message_at)

    def add(self, target: str, factory: str, code: int, at: float) -> None:
        """Enter an end."""
        strip = self.marks.setdefault(target, deque(maxlen=LENGTH))
        strip.append(_Mark(_kind(code), code, factory, at))

    def show(self, target: str, now: float) -> tuple[OutcomeView, ...]:
        """Return a target's strip, newest last."""
        return tuple(
            OutcomeView(kind=m.kind, code=m.code, factory=m.factory, ago_seconds=max(0.0, now - m.at))
            for m in self.marks.get(target, ())
        )


def _same_end(before: TargetRow, code: int, at: float) -> bool:
    """Tell whether the end that a row told of before is this one."""
    if before.message_at is None or at <= before.message_at:
        return before.message_at is not None
    return code == before.message_code and at - before.message_at < SAME_SECONDS


def _kind(code: int) -> str:
    """Return the outcome that a machine's own message of this code means."""
    ending = Ending(lived_seconds=0.0, message=str(code).encode())
    return judge(ending, Policy(fizzle_seconds=0.0)).kind.value
