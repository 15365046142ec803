"""What is known of a target beside its machines: it stays while the target is not offered.

Rules of this file: values only. A pipe may bring a target later than the start, or leave it out for a while;
what the record kept of it, or what was known when it left, is taken up again with it. Without that a window
would begin again at number 0, and with it the probing that it holds off.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import structs

from vacnet.agent.ledger import Ledger
from vacnet.decide.blackholes import NONE, Suspicion
from vacnet.space.hold import NEVER_HELD, Hold
from vacnet.space.window import Window
from vacnet.targets.model import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What outlives the ledger of a target."""

    window: Window | None = None
    suspicion: Suspicion = NONE
    """As the record has it."""
    hold: Hold = NEVER_HELD

    @property
    def says_anything(self) -> bool:
        """Tell whether it differs from that of a target never heard of; a pipe may bring ever new names."""
        tried = self.window is not None and self.window.number > 0
        return tried or self.suspicion != NONE or self.hold != NEVER_HELD

    def enter(self, ledger: Ledger) -> None:
        """Let a ledger that is new begin with it."""
        if self.window is not None:
            ledger.adopt(self.window)
        ledger.suspicion = ledger.kept_suspicion = self.suspicion
        ledger.hold = self.hold


def unoffered(target: Target) -> Target:
    """Return a target of which nothing is made any more; its windows are still as long as it says."""
    return structs.replace(target, target_share=0.0)


def past_of(ledger: Ledger) -> Past:
    """Return what a ledger leaves behind."""
    return Past(window=ledger.window, suspicion=ledger.kept_suspicion, hold=ledger.hold)
