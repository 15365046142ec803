"""The outlook: how each target stands among all factories, reckoned anew where something has changed alone.

Rules of this file: it is told what changes, and by each pass of the board at what time it is. What has not
changed costs a look at the time: of a thousand factories with hundreds of targets nearly all stand as before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from vacnet.agent.advance import advance
from vacnet.agent.effects import PersistHold, PersistWindow
from vacnet.agent.events import AgentSettings
from vacnet.agent.ledger import Ledger
from vacnet.agent.neighbours import Neighbours, neighbours
from vacnet.agent.others import Others
from vacnet.decide.peers import Peer
from vacnet.decide.standing import Standing
from vacnet.decide.tickets import look_seconds
from vacnet.space.table import Table
from vacnet.space.window import Window


@dataclass(frozen=True, slots=True)
class Advanced:
    """How a target stood when it was last advanced, and until when that holds if nothing changes."""

    standing: Standing
    """Without this factory's candidacy."""
    able: Standing
    """With it. Both stay the same objects until something changes, so that no bid reckons twice."""
    until: float


@dataclass(slots=True)
class Outlook:
    """What one factory sees of its targets in the space."""

    settings: AgentSettings
    table: Table
    ledgers: Mapping[str, Ledger]
    """Of the targets of the board."""
    stale: set[str] = field(default_factory=set)
    """Targets of which something has changed since they were looked at."""
    advanced: dict[str, Advanced] = field(default_factory=dict)
    """How each target stood when it was last looked at."""
    _others: dict[str, Others] = field(default_factory=dict)
    _around: Neighbours | None = None

    def begin(self, name: str) -> None:
        """Look at a target from now on."""
        self._others[name] = Others(name, self.settings.factory)

    def end(self, name: str) -> None:
        """Look at a target no longer."""
        self._others.pop(name, None)
        self.advanced.pop(name, None)

    # --- who is there, and what of theirs has changed -----------------------------------------------------

    def around(self, now: float) -> Neighbours:
        """Return the other factories; found anew when somebody's liveness has changed, and not before."""
        if self._around is None or now >= self._around.changes_at:
            self._around = neighbours(self.table, now)
        return self._around

    def look_around(self) -> None:
        """Look anew at who is there, and with that at every target."""
        self._around = None
        self.stale.update(self.ledgers)

    def counted(self, name: str) -> list[Peer]:
        """Return the rows of others that the last look at a target counted."""
        return self._others[name].peers()

    def row_changed(self, factory: str, target: str) -> None:
        """Have another factory's row of a target that is offered here read anew."""
        self._others[target].changed.add(factory)
        self.stale.add(target)

    def factory_changed(self, factory: str) -> bool:
        """Have all rows of a factory read anew if what its processors are worth has changed; tell if so."""
        known = self.table.factories.get(factory)
        for name, others in self._others.items():
            counted = others.tally.peers.get(factory)
            if known is not None and counted is not None and counted.weight != known.row.weight:
                self.row_changed(factory, name)
        return bool(self.stale)

    # --- the look -----------------------------------------------------------------------------------------

    def advance_all(self, around: Neighbours, now: float) -> list[PersistWindow | PersistHold]:
        """Bring all windows up to date of which anything has changed or whose time has come.

        Returns:
            What of that has to be kept over the factory's end.
        """
        to_keep: list[PersistWindow | PersistHold] = []
        for name in self.ledgers:
            advanced = self.advanced.get(name)
            if advanced is None or name in self.stale or now >= advanced.until:
                to_keep += self._advance(name, around, now)
        self.stale.clear()
        return to_keep

    def until(self) -> float:
        """Return when the next target stands otherwise than now, if nothing changes."""
        return min((one.until for one in self.advanced.values()), default=math.inf)

    def _advance(self, name: str, around: Neighbours, now: float) -> Iterator[PersistWindow | PersistHold]:
        ledger, others = self.ledgers[name], self._others[name]
        before, held = ledger.window, ledger.hold
        others.read(around)
        ledger.judge(others.peers, now)
        standing = advance(ledger, self.settings, others, now)
        if _worth_keeping(before, ledger.window):
            yield PersistWindow(name, ledger.window)
        if held.identity != ledger.hold.identity:
            yield PersistHold(name, ledger.hold)
        able = replace(standing, candidates=(*standing.candidates, self.settings.factory))
        self.advanced[name] = Advanced(standing, able, self._until(name, standing, around, now))

    def _until(self, name: str, standing: Standing, around: Neighbours, now: float) -> float:
        """Return when a target that stands so stands otherwise, though nothing is told of it."""
        ledger = self.ledgers[name]
        ends = (claim.expires_at for claim in standing.claims)
        kept = (one.expires_at for one in standing.reservations)
        look = look_seconds(name, ledger.window, self.settings.factory, len(standing.candidates))
        return min((around.changes_at, ledger.next_change(now, look), *ends, *kept))


def _worth_keeping(before: Window, after: Window) -> bool:
    """Tell whether a window differs by more than a better estimate of its age."""
    return (
        structs.replace(after, opened_at=before.opened_at) != before
        or before.opened_at - after.opened_at > 1.0
    )
