"""`python -m tools.bench.teller CONFIG`: a `witness` that has news again and again.

The change is a row of its own of a target that nobody offers, so that none of it makes anybody do anything
but take it in: what is measured is how long news take, and not what becomes of them.
"""

from __future__ import annotations

import sys

from tools.bench import witness
from vacnet.agent.events import Event
from vacnet.space.rows import TargetRow
from vacnet.space.window import never_tried

EVERY_SECONDS = 0.02
TARGET = "told"


class Teller(witness.Witness):
    """An agent that has news fifty times a second."""

    _tell_at = 0.0
    _count = 0

    def handle(self, event: Event, now: float) -> None:
        """Take in an event; tell what is due first, so that it leaves with what comes of the event."""
        if now >= self._tell_at:
            self._tell_change(now)
        super().handle(event, now)

    def next_timer(self) -> float:
        """Return when it wants to be woken: for its next change at the latest."""
        return min(self._tell_at, super().next_timer())

    def _tell_change(self, now: float) -> None:
        self._tell_at = now + EVERY_SECONDS
        self._count += 1
        row = TargetRow(target=TARGET, window=never_tried(0.0), gone=True, noworks=self._count)
        self.gossip.set_target_row(row, now, urgent=True)
        self._write("said", self.settings.factory, self.gossip.table.me.version, now)


if __name__ == "__main__":
    sys.exit(witness.main(Teller))
