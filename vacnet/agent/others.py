"""The others on one target: their tally, kept up to date by the names of those whose rows have changed.

Rules of this file: it knows which rows the tally has not seen yet, and reads no more than those. When it
has to be told who is there anew (somebody was found live, silent or gone), only those count again whose
standing changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vacnet.agent.neighbours import Neighbours
from vacnet.decide.peers import Peer
from vacnet.decide.tally import Tally
from vacnet.space.hold import Hold
from vacnet.space.window import Window, merged, never_tried


@dataclass(slots=True)
class Others:
    """What other factories say of a target; the tally holds this factory's own row besides."""

    target: str
    factory: str
    """This one."""
    tally: Tally = field(default_factory=lambda: Tally(never_tried(0.0).identity))
    changed: set[str] = field(default_factory=set)
    """Whose rows have changed since they were read."""
    _around: Neighbours | None = None
    _new: list[Window] = field(default_factory=list)
    _holds: list[Hold] = field(default_factory=list)

    def read(self, around: Neighbours) -> None:
        """Read what has changed: all rows when who is there has."""
        if around is not self._around:
            self._around = around
            self._read_all(around)
        for factory in sorted(self.changed):
            self._take(factory, around.peer(factory, self.target))
        self.changed.clear()

    def _read_all(self, around: Neighbours) -> None:
        self.changed.clear()
        if not self.tally.peers:
            peers = around.peers(self.target)
            self._new = [peer.row.window for peer in peers]
            self._holds = [peer.row.hold for peer in peers if peer.row.hold.number]
            newest = self.new_window()
            self._new = [newest] if newest else []
            self.tally = Tally(newest.identity if newest else self.tally.identity, peers)
            return
        for factory in self.tally.peers.keys() - around.by_name.keys() - {self.factory}:
            self.tally.drop(factory)
        for one in around.all:
            before = self.tally.peers.get(one.known.name)
            if before is None or not one.stands_as(before):
                self._take(one.known.name, one.peer(self.target))

    def _take(self, factory: str, peer: Peer | None) -> None:
        if peer is None:
            self.tally.drop(factory)
            return
        self.tally.put(peer)
        self._new.append(peer.row.window)
        if peer.row.hold.number:
            self._holds.append(peer.row.hold)

    def new_window(self) -> Window | None:
        """Return the window that the rows come to that were read since this was asked last."""
        new, self._new = self._new, []
        return merged(self.target, new) if new else None

    def new_holds(self) -> Iterator[Hold]:
        """Yield the holds of the rows that were read since this was asked last."""
        new, self._holds = self._holds, []
        yield from new

    def peers(self) -> list[Peer]:
        """Return all rows of others."""
        return [peer for factory, peer in self.tally.peers.items() if factory != self.factory]
