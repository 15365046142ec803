"""An onlooker: the space as an observer sees it, in the values of `view`.

Rules of this file: reading only. Where a factory has its own settings, an onlooker has what rows tell: a
target's share is that which the factory asked gives it, else the highest told; its model, its origin and
what a factory would do with it are nobody's to tell and stay empty.
"""

from __future__ import annotations

import functools
from collections import deque
from dataclasses import dataclass, field, replace
from random import Random

from vacnet.agent.board import Board
from vacnet.agent.events import AgentSettings
from vacnet.agent.host import Host
from vacnet.agent.neighbours import Neighbours, neighbours
from vacnet.agent.strips import Strips
from vacnet.agent.view import SpaceView, TargetView
from vacnet.agent.viewing import Sight, Starts, space_view
from vacnet.decide.peers import Peer
from vacnet.decide.standing import stand
from vacnet.space.happenings import RowsChanged
from vacnet.space.hold import NEVER_HELD, Hold
from vacnet.space.hold import merge as merge_holds
from vacnet.space.observer import Observer
from vacnet.space.window import Window, merge, never_tried
from vacnet.targets.model import Target


@dataclass(slots=True)
class Onlooker:
    """Looks through an observer."""

    observer: Observer
    space: str
    strips: Strips = field(default_factory=Strips)
    starts: Starts = field(default_factory=Starts)

    def hear(self, now: float) -> None:
        """Take in what the observer was told since the last call."""
        for news in self.observer.happened():
            if isinstance(news, RowsChanged):
                self._see(news, now)
        for target, marks in self.strips.marks.items():  # rows of many factories came in no order
            self.strips.marks[target] = deque(sorted(marks, key=lambda mark: mark.at), marks.maxlen)

    def _see(self, news: RowsChanged, now: float) -> None:
        for change in news.rows.values():
            self.strips.see(news.factory, change.before, change.after)
            self.starts.see(change.before, change.after, now)

    def view(self, now: float) -> SpaceView:
        """Return the space at `now`."""
        table = self.observer.table
        if (asked := self._asked()) in table.factories:
            told = table.factories[asked].row.settings_digest
            table.me.row = replace(table.me.row, settings_digest=told)
        settings = AgentSettings(space=self.space, factory="", processors=0)
        board = Board(settings, table, Random(0))
        self._stand(board, neighbours(table, now), now)
        seen = space_view(Sight(table, board, Host(settings, now), self.strips, self.starts), now)
        factories = tuple(factory for factory in seen.factories if not factory.itself)
        return replace(seen, factories=factories, targets=tuple(map(_untold, seen.targets)))

    def _stand(self, board: Board, around: Neighbours, now: float) -> None:
        names = {name for one in around.all for name, row in one.known.targets.items() if not row.gone}
        for name in sorted(names):
            peers = around.peers(name)
            target = Target(name=name, target_share=self._share(peers))
            board.offer(target, now)
            board.ledgers[name].hold = _hold(name, peers)
            board.standings[name] = stand(target, _window(name, peers, now), peers, now)

    def _asked(self) -> str:
        return self.observer.answerer.name if self.observer.answerer else ""

    def _share(self, peers: list[Peer]) -> float:
        asked = [peer.row.share for peer in peers if peer.factory == self._asked()]
        return max(asked or [peer.row.share for peer in peers])


def _window(target: str, peers: list[Peer], now: float) -> Window:
    window = never_tried(now)
    for peer in peers:
        window = merge(target, window, peer.row.window)
    return window


def _hold(target: str, peers: list[Peer]) -> Hold:
    return functools.reduce(lambda held, peer: merge_holds(target, held, peer.row.hold), peers, NEVER_HELD)


def _untold(target: TargetView) -> TargetView:
    return replace(target, model="", origin="", here="")
