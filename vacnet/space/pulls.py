"""Pulls: asking for rows that are missing.

Rules of this file: a gap is asked for after a moment, because what seems missing has mostly been
overtaken; once, however many datagrams show it; and again every second until it is closed, for pulls and
answers get lost like everything else.
"""

from __future__ import annotations

import math

from vacnet.space import limits, sync, wire
from vacnet.space.core import Core, addresses_of
from vacnet.space.table import Known, Liveness
from vacnet.space.wire import Pull, Type


class Pulls:
    """What is missing, and who can be asked for it."""

    def __init__(self, core: Core) -> None:
        """Begin with nothing missing."""
        self._core = core
        self._gaps: dict[str, str] = {}
        self.next_at = math.inf

    def gap(self, known: Known, teller: Known) -> None:
        """Note that a factory's rows end before what `teller` has told of."""
        self._gaps.setdefault(known.name, teller.name)
        self.next_at = min(self.next_at, self._core.now + limits.GAP_WAIT_SECONDS)

    def wake(self) -> None:
        """Ask for what is still missing."""
        gaps, self._gaps, self.next_at = self._gaps, {}, math.inf
        for name, teller_name in gaps.items():
            known = self._core.table.factories.get(name)
            teller = self._core.table.factories.get(teller_name)
            if known is not None and teller is not None and known.version < known.latest:
                self.ask(known, teller)

    def ask_again(self) -> None:
        """Ask every factory for what is missing of its own rows."""
        for known in self._core.table.factories.values():
            lacks = known.version < known.latest or not known.version
            if lacks and known.link is not None and known.liveness(self._core.now) is Liveness.LIVE:
                self.ask(known, known)

    def ask(self, known: Known, teller: Known) -> None:
        """Pull a factory's rows beyond the contiguous version, unless that was just done."""
        core = self._core
        if core.now - known.pulled_at >= limits.PULL_GAP_SECONDS:
            known.pulled_at = core.now
            core.send(Type.PULL, Pull(wire.pack_entries([sync.entry(known)])), addresses_of([teller]))
