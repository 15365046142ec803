"""One factory without I/O: events in, effects out, and between them gossip, board and host.

Rules of this file: it routes and decides nothing itself. Every event goes through one table to one
method; after it the agent comes to rest (`_settle`): gossip's news are taken in, the board is reviewed
if anything it looks at has changed or its time has come, own rows are handed to gossip, and what
gossip has to send becomes effects, in this order, so that one event's consequences leave together.
For what a datagram brings, the review is due a little later (`GATHER_SECONDS`): what follows from one piece
of news comes from many, first-hand and by relays, and the board is looked at once for all of it. Nothing is
started on old news by that: whatever brings a review about, it first takes in all that has come.

Both shells, `factory` and `simulate`, drive it by the same four calls: `handle`, `next_timer`,
`effects`, `view`. The style is that of sans-I/O protocols (h11, aioquic): bytes and times come in,
values go out, and the same inputs give the same outputs, byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from vacnet.agent.board import Board
from vacnet.agent.effects import (
    Decided,
    Effect,
    GatherAnswer,
    Member,
    Notify,
    PersistEpoch,
    PersistHold,
    PersistMembers,
    PersistSuspicion,
    Send,
)
from vacnet.agent.events import (
    AgentSettings,
    DatagramReceived,
    Event,
    HoldOrdered,
    HostChanged,
    KeysChanged,
    MachineAdopted,
    MachineEnded,
    MachineNotMade,
    MachineProved,
    MachineStarted,
    PeersChanged,
    QuestionAnswered,
    SettingsChanged,
    Stopping,
    Woke,
)
from vacnet.agent.explain import explain
from vacnet.agent.factory_row import FactoryRows
from vacnet.agent.host import Company, Host
from vacnet.agent.ledger import Ledger
from vacnet.agent.neighbours import Neighbours
from vacnet.agent.own import OwnMachine
from vacnet.agent.own_rows import gone, is_urgent
from vacnet.agent.restore import enter, restore
from vacnet.agent.restored import Restored
from vacnet.agent.rules import Rules
from vacnet.agent.stranger_words import OTHER_VERSION, WRONG_KEY, stranger_words
from vacnet.agent.strips import Strips
from vacnet.agent.view import SpaceView
from vacnet.agent.viewing import Sight, Starts, space_view
from vacnet.agent.why import Why
from vacnet.decide.reasons import Decision
from vacnet.space.gossip import Datagram, Gossip, GossipConfig
from vacnet.space.happenings import (
    AddressGivenUp,
    Asked,
    Conflict,
    FactoryChanged,
    FactoryDeparted,
    FactoryForgotten,
    FactoryLive,
    FactorySilent,
    MemberMet,
    OtherVersion,
    RowsChanged,
    WrongKey,
)
from vacnet.space.hold import next_hold
from vacnet.space.keyring import KeyRing
from vacnet.space.limits import MEMBERS_KEPT
from vacnet.targets.address import endpoint_text

GATHER_SECONDS = 0.05
"""From news of others to the look at the board. A twentieth of the second in which an outcome at one
factory has to stop starts at all; several times what all datagrams of one change take in a site's network."""
LEISURE_SECONDS = 0.5
"""The same for rows that nobody waits for: counts, room, and the copies of a window that all others make of
it, a datagram each. A quarter of what they may have waited before they were sent."""


class Agent:
    """The heart of a factory; see the essay above."""

    def __init__(
        self, settings: AgentSettings, restored: Restored, keys: KeysChanged, rng: Random, now: float
    ) -> None:
        """Begin with what the record remembers; `now` in monotonic seconds."""
        self.settings = settings
        self._rows = FactoryRows(restored.instance)
        self.host = Host(settings, listening_since=now, alone_since=now)
        config = GossipConfig(settings.space, settings.factory, settings.exclude)
        ring = KeyRing(keys.keys, settings.space)
        row = self._rows.first(settings)
        self.gossip = Gossip(config, restored.epoch, ring, row, rng, now)
        self.board = Board(settings, self.gossip.table, rng)
        self._rules = Rules()
        self.strips = Strips()
        self.starts = Starts()
        self._members = {member.name: member for member in restored.members}
        self._configured = bool(restored.members)
        self._effects: list[Effect] = []
        self._dirty = True
        self._review_at = math.inf
        """When the board is to be looked at for what datagrams have brought."""
        self._unseen: list[tuple[RowsChanged, float]] = []
        """What rows have told since the last look at the board, and when."""
        self._last_rules: tuple[tuple[str, str], ...] = ()
        self.decision = Decision(now, "", ())
        self.board.set_targets(settings.targets, now)
        restore(self.board, restored, now)
        self.gossip.set_members([(m.name, m.address) for m in restored.members], now)
        self._settle(now)

    # --- the four calls of a shell --------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> None:
        """Take in one event; what follows from it is in `effects()` afterwards."""
        handler = _HANDLERS[type(event)]
        if handler(self, event, now) is not False:  # a beat, or junk, costs no more than to see that it is
            self._settle(now, at_once=type(event) is not DatagramReceived)

    def next_timer(self) -> float:
        """Return the monotonic time at which a `Woke` is due."""
        return min(self.gossip.next_timer(), self._review_due())

    def effects(self) -> list[Effect]:
        """Return and forget what is to be done, in order."""
        effects, self._effects = self._effects, []
        return effects

    def view(self, now: float) -> SpaceView:
        """Return the space as this factory sees it now."""
        return space_view(Sight(self.gossip.table, self.board, self.host, self.strips, self.starts), now)

    def why(self, target: str, now: float) -> Why | None:
        """Return why a target is or is not chosen here; None when it is not offered."""
        return explain(self.board, self.host, target, now)

    # --- events ---------------------------------------------------------------------------------------

    def _datagram(self, event: DatagramReceived, now: float) -> bool:
        news = self.gossip.receive(event.data, event.address, now)
        return news or self.host.is_settling  # for the sync that it waits for is told to nobody

    def _machine(self, uuid: str) -> tuple[Ledger, OwnMachine] | None:
        for ledger in self.board.ledgers.values():
            if uuid in ledger.machines:
                return ledger, ledger.machines[uuid]
        return None

    def _adopted(self, event: MachineAdopted, now: float) -> None:
        if self._machine(event.machine.uuid) is None:
            enter(self.board, event.machine, now)
            self._look_at(event.machine.target)

    def _started(self, event: MachineStarted, now: float) -> None:
        if (found := self._machine(event.uuid)) and found[1].started_at is None:
            found[1].started_at = now
            self._look_at(found[0].target.name)

    def _proved(self, event: MachineProved, now: float) -> None:
        if found := self._machine(event.uuid):
            found[0].prove(found[1], now)
            self._look_at(found[0].target.name)

    def _ended(self, event: MachineEnded, now: float) -> None:
        if (found := self._machine(event.uuid)) and found[1].unfinished:
            ledger, machine = found
            ledger.end(machine, event.outcome, event.lived_seconds, now)
            self.strips.add(ledger.target.name, self.settings.factory, event.outcome.message.code, now)
            self._look_at(ledger.target.name)

    def _not_made(self, event: MachineNotMade, now: float) -> None:
        if found := self._machine(event.uuid):
            found[0].drop(event.uuid, event.reason, event.retry_seconds, now)
            self._look_at(found[0].target.name)

    def _host(self, event: HostChanged, _now: float) -> None:
        self.host.facts = self.board.facts = event.facts
        self._dirty = True

    def _settings(self, event: SettingsChanged, now: float) -> None:
        self.settings = self.host.settings = self.board.settings = event.settings
        self.board.set_targets(event.settings.targets, now)
        config = GossipConfig(event.settings.space, event.settings.factory, event.settings.exclude)
        self.gossip.set_config(config, now)
        self.board.look_around()
        self._dirty = True

    def _hold(self, event: HoldOrdered, now: float) -> None:
        if (ledger := self.board.ledgers.get(event.target)) is not None:
            ledger.hold = next_hold(
                ledger.hold, self.settings.factory, event.reason, held=event.held, now=now
            )
            self._effects.append(PersistHold(event.target, ledger.hold))
            self._look_at(event.target)

    def _peers(self, event: PeersChanged, now: float) -> None:
        self._configured = bool(event.addresses or event.unresolved or self._members)
        self.gossip.set_peers(event.addresses, now)
        self._dirty = True

    def _keys(self, event: KeysChanged, now: float) -> None:
        self.gossip.set_keys(KeyRing(event.keys, self.settings.space), now)

    def _answered(self, event: QuestionAnswered, now: float) -> None:
        self.gossip.answer(event.question, event.items, now)

    def _stopping(self, _event: Stopping, now: float) -> None:
        self.gossip.goodbye(now)

    def _woke(self, event: Woke, now: float) -> None:
        if self.host.stalled(event.stalled_seconds, now):
            self._effects.append(Notify("loop.stalled", {"seconds": event.stalled_seconds}, warning=True))
            self._dirty = True
        self.gossip.wake(now)

    def _look_at(self, *targets: str) -> None:
        """Have the board look at these targets anew before the event is over."""
        self.board.stale.update(targets)
        self._dirty = True

    # --- coming to rest -----------------------------------------------------------------------------------

    def _settle(self, now: float, *, at_once: bool = True) -> None:
        for news in self.gossip.happened():
            _NEWS[type(news)](self, news, now)
        if self._dirty or now >= self._review_due() or self._has_settled():
            if at_once:
                self._review(now)
            else:
                self._gather(now + GATHER_SECONDS)
        self._collect()

    def _review_due(self) -> float:
        return min(self.board.wake_at, self.host.wake_at, self._review_at)

    def _gather(self, until: float) -> None:
        self._review_at = min(self._review_at, until)

    def _has_settled(self) -> bool:
        """Tell whether a sync has come that the host was waiting for."""
        return self.host.is_settling and self.host.has_synced(self.gossip.synced_at)

    def _company(self, now: float) -> Company:
        around = self.board.around(now)
        expected = self._configured and not self._all_said_goodbye(around)
        return Company(expected, around.live, self.gossip.synced_at)

    def _all_said_goodbye(self, around: Neighbours) -> bool:
        """Tell whether everybody who could be there has left in order: then nobody is missing."""
        left = [one for one in around.all if one.known.departed_at is not None]
        return bool(left) and len(left) == len(around.all) and len(self.gossip.unanswered()) <= len(left)

    def _review(self, now: float) -> None:
        self._dirty, self._review_at = False, math.inf
        self._see_rows()
        conflicted = self.host.is_conflicted
        self.host.review(self._company(now), self.board.processors_running(), now)
        if conflicted and not self.host.is_conflicted:
            fields = {"factory": self.settings.factory, "words": "none has been heard for a minute"}
            self._effects.append(Notify("factory.conflict-over", fields))
        self.decision = self._rules.decide(self.board, self.host.reasons, now)
        self._publish(now)
        self._keep_suspicions()
        effects, self.board.effects = self.board.effects, []
        self.starts.count(effects, now)
        self._tell_decision(self.decision)
        self._effects.extend(effects)

    def _keep_suspicions(self) -> None:
        for name, ledger in self.board.ledgers.items():
            if ledger.suspicion != ledger.kept_suspicion:
                ledger.kept_suspicion = ledger.suspicion
                self._effects.append(PersistSuspicion(name, ledger.suspicion))

    def _publish(self, now: float) -> None:
        """Hand own rows to gossip; a row that others wait for is urgent."""
        own, me = self.gossip.table.me.targets, self.settings.factory
        for name in [name for name, row in own.items() if name not in self.board.ledgers and not row.gone]:
            self.gossip.set_target_row(gone(own[name]), now)  # first, for what is gone gives room
        for name in self.board.ledgers:
            row = self.board.row(name, now)
            self.gossip.set_target_row(row, now, urgent=is_urgent(own.get(name), row, me))
        free = self.board.room().processors
        self.gossip.set_factory_row(self._rows.current(self.settings, self.host, free, now), now)

    def _tell_decision(self, decision: Decision) -> None:
        """Record a decision that started something, or whose reasons are not those of the last."""
        rules = tuple((reason.target, reason.rule) for reason in decision.reasons)
        if decision.chosen or rules != self._last_rules:
            self._effects.append(Decided(decision))
        self._last_rules = rules

    def _collect(self) -> None:
        """Turn what gossip has to send into effects, an epoch's raise before what follows it."""
        for output in self.gossip.drain():
            if isinstance(output, Datagram):
                self._effects.append(Send(output.data, output.address))
            else:
                self._effects.append(PersistEpoch(output.epoch))

    # --- news of gossip --------------------------------------------------------------------------------

    def _rows_changed(self, news: RowsChanged, now: float) -> None:
        if not self.board.ledgers.keys().isdisjoint(news.rows):
            self._unseen.append((news, now))
            self._gather(now + (GATHER_SECONDS if news.urgent else LEISURE_SECONDS))

    def _see_rows(self) -> None:
        """Take in what rows told of targets that are offered here since the last look."""
        unseen, self._unseen = self._unseen, []
        for news, came_at in unseen:
            self._see(news, came_at)

    def _see(self, news: RowsChanged, came_at: float) -> None:
        for target, change in news.rows.items():
            if target in self.board.ledgers:
                self.board.row_changed(news.factory, target)
                self.strips.see(news.factory, change.before, change.after)
                self.starts.see(change.before, change.after, came_at)

    def _factory_changed(self, news: FactoryChanged, _now: float) -> None:
        """Review only what its processors' worth changes: its free room is read when it matters next."""
        self._rules.heard(self.gossip.table.factories.get(news.factory))
        self._dirty |= self.board.factory_changed(news.factory)

    def _live(self, news: FactoryLive, _now: float) -> None:
        self._tell("factory.live", {"factory": news.factory})

    def _silent(self, news: FactorySilent, _now: float) -> None:
        self._tell("factory.silent", {"factory": news.factory}, warning=True)

    def _departed(self, news: FactoryDeparted, _now: float) -> None:
        self._tell("factory.departed", {"factory": news.factory})

    def _conflict(self, news: Conflict, now: float) -> None:
        self.host.in_conflict(news.words, now)
        self._tell("factory.conflict", {"factory": news.factory, "words": news.words}, warning=True)

    def _wrong_key(self, news: WrongKey, _now: float) -> None:
        fields = {
            "address": endpoint_text(*news.address),
            "datagrams": news.count,
            "why": stranger_words(news),
        }
        self._effects.append(Notify(WRONG_KEY, fields, warning=True))

    def _other_version(self, news: OtherVersion, _now: float) -> None:
        where = endpoint_text(*news.address)
        fields = {"address": where, "why": f"the factory at {where} is not heard: {news.words}"}
        self._effects.append(Notify(OTHER_VERSION, fields, warning=True))

    def _member_met(self, news: MemberMet, _now: float) -> None:
        member = Member(news.name, news.address)
        if self._members.get(member.name) != member:
            self._members.pop(member.name, None)
            self._configured = True
            self._keep_members([*self._members.values(), member])

    def _forgotten(self, news: FactoryForgotten, _now: float) -> None:
        self._keep_members([one for one in self._members.values() if one.name != news.factory])

    def _given_up(self, news: AddressGivenUp, _now: float) -> None:
        known = self.gossip.table.factories
        gone = [
            one for one in self._members.values() if one.address == news.address and one.name not in known
        ]
        if gone:
            self._keep_members([one for one in self._members.values() if one not in gone])

    def _keep_members(self, members: Sequence[Member]) -> None:
        """Have the record keep these, the ones met last if they are many."""
        self._members = {member.name: member for member in members[-MEMBERS_KEPT:]}
        self._effects.append(PersistMembers(tuple(self._members.values())))

    def _asked(self, news: Asked, _now: float) -> None:
        self._effects.append(GatherAnswer(news.question))

    def _tell(self, name: str, fields: Mapping[str, object], *, warning: bool = False) -> None:
        """Tell the admin, and have the board look around before the event is over."""
        self._effects.append(Notify(name, fields, warning))
        self.board.look_around()
        self._dirty = True


_HANDLERS: Mapping[type, Callable[[Agent, Any, float], bool | None]] = {
    DatagramReceived: Agent._datagram,  # noqa: SLF001 (the table is the class's own)
    MachineAdopted: Agent._adopted,  # noqa: SLF001
    MachineStarted: Agent._started,  # noqa: SLF001
    MachineProved: Agent._proved,  # noqa: SLF001
    MachineEnded: Agent._ended,  # noqa: SLF001
    MachineNotMade: Agent._not_made,  # noqa: SLF001
    HostChanged: Agent._host,  # noqa: SLF001
    SettingsChanged: Agent._settings,  # noqa: SLF001
    HoldOrdered: Agent._hold,  # noqa: SLF001
    PeersChanged: Agent._peers,  # noqa: SLF001
    KeysChanged: Agent._keys,  # noqa: SLF001
    QuestionAnswered: Agent._answered,  # noqa: SLF001
    Stopping: Agent._stopping,  # noqa: SLF001
    Woke: Agent._woke,  # noqa: SLF001
}


_NEWS: Mapping[type, Callable[[Agent, Any, float], None]] = {
    RowsChanged: Agent._rows_changed,  # noqa: SLF001
    FactoryChanged: Agent._factory_changed,  # noqa: SLF001
    FactoryLive: Agent._live,  # noqa: SLF001
    FactorySilent: Agent._silent,  # noqa: SLF001
    FactoryDeparted: Agent._departed,  # noqa: SLF001
    Conflict: Agent._conflict,  # noqa: SLF001
    WrongKey: Agent._wrong_key,  # noqa: SLF001
    Asked: Agent._asked,  # noqa: SLF001
    MemberMet: Agent._member_met,  # noqa: SLF001
    FactoryForgotten: Agent._forgotten,  # noqa: SLF001
    AddressGivenUp: Agent._given_up,  # noqa: SLF001
    OtherVersion: Agent._other_version,  # noqa: SLF001
}
