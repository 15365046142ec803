"""News: what gossip tells of others, taken in for the board, the host and the admin.

Rules of this file: rows are kept as they came until the board is looked at (`see_rows`), for most of them
are replaced before that; everything else is taken in at once. Nothing is decided here.

What follows from one piece of news comes from many, first-hand and by relays, so rows ask for a look at the
board a little later (`GATHER_SECONDS`), and it is looked at once for all of it. Nothing is started on old
news by that: whatever brings a look about, all that has come is taken in first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vacnet.agent.board import Board
from vacnet.agent.effects import Effect, GatherAnswer, Notify
from vacnet.agent.host import Host
from vacnet.agent.members import Members
from vacnet.agent.rules import Rules
from vacnet.agent.stranger_words import OTHER_VERSION, WRONG_KEY, stranger_words
from vacnet.agent.strips import Strips
from vacnet.agent.viewing import Starts
from vacnet.space.happenings import (
    AddressGivenUp,
    Asked,
    Conflict,
    FactoryChanged,
    FactoryDeparted,
    FactoryForgotten,
    FactoryLive,
    FactorySilent,
    Happening,
    MemberMet,
    OtherVersion,
    RowsChanged,
    WrongKey,
)
from vacnet.targets.address import endpoint_text

GATHER_SECONDS = 0.05
"""From news of others to the look at the board. A twentieth of the second in which an outcome at one
factory has to stop starts at all; several times what all datagrams of one change take in a site's network."""
LEISURE_SECONDS = 0.5
"""The same for rows that nobody waits for: counts, room, and the copies of a window that all others make of
it, a datagram each. A quarter of what they may have waited before they were sent."""


@dataclass(slots=True)
class News:
    """Takes in what gossip tells; `effects` is where it puts what is to be done about it."""

    board: Board
    host: Host
    rules: Rules
    members: Members
    effects: list[Effect]
    strips: Strips = field(default_factory=Strips)
    starts: Starts = field(default_factory=Starts)
    _unseen: list[tuple[RowsChanged, float]] = field(default_factory=list)
    """What rows have told since the last look at the board, and when."""

    def take(self, happenings: Iterable[Happening], now: float) -> bool:
        """Take in what came about; True when the board is to be looked at for it as soon as may be."""
        pressing = False
        for one in happenings:
            pressing |= _TAKEN[type(one)](self, one, now)
        return pressing

    def see_rows(self) -> None:
        """Show the board what rows told of targets that are offered here since the last look."""
        unseen, self._unseen = self._unseen, []
        for news, came_at in unseen:
            self._see(news, came_at)

    def _see(self, news: RowsChanged, came_at: float) -> None:
        for target, change in news.rows.items():
            if target in self.board.ledgers:
                self.board.outlook.row_changed(news.factory, target)
                self.strips.see(news.factory, change.before, change.after)
                self.starts.see(change.before, change.after, came_at)

    # --- rows -------------------------------------------------------------------------------------------

    def _rows_changed(self, news: RowsChanged, now: float) -> bool:
        if not self.board.ledgers.keys().isdisjoint(news.rows):
            self._unseen.append((news, now))
            self.board.wake(now + (GATHER_SECONDS if news.urgent else LEISURE_SECONDS))
        return False

    def _factory_changed(self, news: FactoryChanged, _now: float) -> bool:
        """Ask for a look only for what its processors are worth: its free room is read when it matters."""
        self.rules.heard(self.board.table.factories.get(news.factory))
        return self.board.outlook.factory_changed(news.factory)

    # --- who is there -------------------------------------------------------------------------------------

    def _live(self, news: FactoryLive, _now: float) -> bool:
        return self._tell("factory.live", {"factory": news.factory})

    def _silent(self, news: FactorySilent, _now: float) -> bool:
        return self._tell("factory.silent", {"factory": news.factory}, warning=True)

    def _departed(self, news: FactoryDeparted, _now: float) -> bool:
        return self._tell("factory.departed", {"factory": news.factory})

    def _conflict(self, news: Conflict, now: float) -> bool:
        self.host.in_conflict(news.words, now)
        return self._tell("factory.conflict", {"factory": news.factory, "words": news.words}, warning=True)

    def _tell(self, name: str, fields: Mapping[str, object], *, warning: bool = False) -> bool:
        """Tell the admin of somebody who comes or goes, and have the board look around."""
        self.effects.append(Notify(name, fields, warning))
        self.board.outlook.look_around()
        return True

    def _member_met(self, news: MemberMet, _now: float) -> bool:
        self.effects += self.members.meet(news.name, news.address)
        return False

    def _forgotten(self, news: FactoryForgotten, _now: float) -> bool:
        self.effects += self.members.forget(news.factory)
        return False

    def _given_up(self, news: AddressGivenUp, _now: float) -> bool:
        self.effects += self.members.give_up(news.address, self.board.table.factories)
        return False

    # --- strangers and questions --------------------------------------------------------------------------

    def _wrong_key(self, news: WrongKey, _now: float) -> bool:
        fields = {
            "address": endpoint_text(*news.address),
            "datagrams": news.count,
            "why": stranger_words(news),
        }
        self.effects.append(Notify(WRONG_KEY, fields, warning=True))
        return False

    def _other_version(self, news: OtherVersion, _now: float) -> bool:
        where = endpoint_text(*news.address)
        fields = {"address": where, "why": f"the factory at {where} is not heard: {news.words}"}
        self.effects.append(Notify(OTHER_VERSION, fields, warning=True))
        return False

    def _asked(self, news: Asked, _now: float) -> bool:
        self.effects.append(GatherAnswer(news.question))
        return False


_TAKEN: Mapping[type, Callable[[News, Any, float], bool]] = {
    RowsChanged: News._rows_changed,  # noqa: SLF001 (the table is the class's own)
    FactoryChanged: News._factory_changed,  # noqa: SLF001
    FactoryLive: News._live,  # noqa: SLF001
    FactorySilent: News._silent,  # noqa: SLF001
    FactoryDeparted: News._departed,  # noqa: SLF001
    FactoryForgotten: News._forgotten,  # noqa: SLF001
    Conflict: News._conflict,  # noqa: SLF001
    MemberMet: News._member_met,  # noqa: SLF001
    AddressGivenUp: News._given_up,  # noqa: SLF001
    WrongKey: News._wrong_key,  # noqa: SLF001
    OtherVersion: News._other_version,  # noqa: SLF001
    Asked: News._asked,  # noqa: SLF001
}
