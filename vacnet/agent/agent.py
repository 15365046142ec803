"""One factory without I/O: events in, effects out, and between them gossip, board and host.

Rules of this file: it routes and decides nothing itself. Every event goes through one table to one
function; after it the agent comes to rest (`_settle`): gossip's news are taken in (`news`), the board is
reviewed if its time has come, own rows are handed to gossip, and what gossip has to send becomes effects,
in this order, so that one event's consequences leave together. For what a datagram brings, the review is
due a little later and no part of the event: news are gathered for a moment.

When the board is to be looked at is one time, `board.wake_at`: what has changed moves it, and so does what
time alone will change.

Both shells, `factory` and `simulate`, drive it by the same four calls: `handle`, `next_timer`,
`effects`, `view`. The style is that of sans-I/O protocols (h11, aioquic): bytes and times come in,
values go out, and the same inputs give the same outputs, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from vacnet.agent.board import Board
from vacnet.agent.effects import (
    Decided,
    Effect,
    Notify,
    PersistEpoch,
    PersistHold,
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
    PeersChanged,
    QuestionAnswered,
    SettingsChanged,
    Stopping,
    Woke,
)
from vacnet.agent.explain import explain
from vacnet.agent.factory_row import FactoryRows
from vacnet.agent.host import Company, Host
from vacnet.agent.machine_events import MACHINE_EVENTS
from vacnet.agent.members import Members
from vacnet.agent.news import GATHER_SECONDS, News
from vacnet.agent.own_rows import gone, is_urgent
from vacnet.agent.restore import restore
from vacnet.agent.restored import Restored
from vacnet.agent.rules import Rules
from vacnet.agent.view import SpaceView
from vacnet.agent.viewing import Sight, space_view
from vacnet.agent.why import Why
from vacnet.decide.reasons import Decision
from vacnet.space.gossip import Datagram, Gossip, GossipConfig
from vacnet.space.happenings import Happening
from vacnet.space.hold import next_hold
from vacnet.space.keyring import KeyRing


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
        self._members = Members(restored.members)
        self._effects: list[Effect] = []
        self._news = News(self.board, self.host, self._rules, self._members, self._effects)
        self._last_rules: tuple[tuple[str, str], ...] = ()
        self.decision = Decision(now, "", ())
        self.board.set_targets(settings.targets, now)
        restore(self.board, restored, now)
        self.gossip.set_members([(m.name, m.address) for m in restored.members], now)
        self._settle(now)

    # --- the four calls of a shell --------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> None:
        """Take in one event; what follows from it is in `effects()` afterwards."""
        if isinstance(event, DatagramReceived):
            self._datagram(event, now)
            return
        if (enter := MACHINE_EVENTS.get(type(event))) is not None:
            enter(self.board, self._news.strips, event, now)
        else:
            _HANDLERS[type(event)](self, event, now)
        self._settle(now)

    def next_timer(self) -> float:
        """Return the monotonic time at which a `Woke` is due."""
        return min(self.gossip.next_timer(), self._review_due())

    def effects(self) -> list[Effect]:
        """Return and forget what is to be done, in order."""
        if not self._effects:
            return []
        effects = self._effects.copy()
        self._effects.clear()
        return effects

    def view(self, now: float) -> SpaceView:
        """Return the space as this factory sees it now."""
        news = self._news
        return space_view(Sight(self.gossip.table, self.board, self.host, news.strips, news.starts), now)

    def why(self, target: str, now: float) -> Why | None:
        """Return why a target is or is not chosen here; None when it is not offered."""
        return explain(self.board, self.host, target, now)

    # --- events ---------------------------------------------------------------------------------------

    def _host(self, event: HostChanged, now: float) -> None:
        self.host.facts = self.board.rooms.facts = event.facts
        self.board.wake(now)

    def _settings(self, event: SettingsChanged, now: float) -> None:
        self.settings = self.host.settings = event.settings
        self.board.follow(event.settings)
        self.board.set_targets(event.settings.targets, now)
        config = GossipConfig(event.settings.space, event.settings.factory, event.settings.exclude)
        self.gossip.set_config(config, now)
        self.board.outlook.look_around()
        self.board.wake(now)

    def _hold(self, event: HoldOrdered, now: float) -> None:
        if (ledger := self.board.ledgers.get(event.target)) is not None:
            ledger.hold = next_hold(
                ledger.hold, self.settings.factory, event.reason, held=event.held, now=now
            )
            self._effects.append(PersistHold(event.target, ledger.hold))
            self.board.look_at(event.target, now)

    def _peers(self, event: PeersChanged, now: float) -> None:
        self._members.configure(peers=bool(event.addresses or event.unresolved))
        self.gossip.set_peers(event.addresses, now)
        self.board.wake(now)

    def _keys(self, event: KeysChanged, now: float) -> None:
        self.gossip.set_keys(KeyRing(event.keys, self.settings.space), now)

    def _answered(self, event: QuestionAnswered, now: float) -> None:
        self.gossip.answer(event.question, event.items, now)

    def _stopping(self, _event: Stopping, now: float) -> None:
        self.gossip.goodbye(now)

    def _woke(self, event: Woke, now: float) -> None:
        if self.host.stalled(event.stalled_seconds, now):
            self._effects.append(Notify("loop.stalled", {"seconds": event.stalled_seconds}, warning=True))
            self.board.wake(now)
        self.gossip.wake(now)

    # --- coming to rest -----------------------------------------------------------------------------------

    def _datagram(self, event: DatagramReceived, now: float) -> None:
        """Take in a datagram; a beat, or junk, costs no more than to see that it is."""
        by = now + GATHER_SECONDS
        if self.gossip.receive(event.data, event.address, now):
            self._hear(now, by=by)
            self._collect()
        elif self._has_settled():  # the sync that the host waits for is told to nobody
            self.board.wake(by)

    def _settle(self, now: float) -> None:
        self._hear(now, by=now)
        if now >= self._review_due():
            self._review(now)
        self._collect()

    def _hear(self, now: float, *, by: float) -> None:
        """Take in what gossip tells, and have the board looked at by then if it presses."""
        if self._take(self.gossip.happened(), now) or self._has_settled():
            self.board.wake(by)

    def _take(self, happenings: Sequence[Happening], now: float) -> bool:
        """Take in what came about; True when the board is to be looked at for it."""
        return self._news.take(happenings, now)

    def _review_due(self) -> float:
        return min(self.board.wake_at, self.host.wake_at)

    def _has_settled(self) -> bool:
        """Tell whether a sync has come that the host was waiting for."""
        return self.host.is_settling and self.host.has_synced(self.gossip.synced_at)

    def _company(self, now: float) -> Company:
        around = self.board.outlook.around(now)
        expected = self._members.expected(around, self.gossip.unanswered)
        return Company(expected, around.live, self.gossip.synced_at)

    def _review(self, now: float) -> None:
        self._news.see_rows()
        conflicted = self.host.is_conflicted
        self.host.review(self._company(now), self.board.rooms.processors_running(), now)
        if conflicted and not self.host.is_conflicted:
            fields = {"factory": self.settings.factory, "words": "none has been heard for a minute"}
            self._effects.append(Notify("factory.conflict-over", fields))
        self.decision = self._rules.decide(self.board, self.host.reasons, now)
        self._publish(now)
        self._keep_suspicions()
        effects, self.board.effects = self.board.effects, []
        self._news.starts.count(effects, now)
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
        free = self.board.rooms.free().processors
        suspect = any(ledger.suspicion.count for ledger in self.board.ledgers.values())
        told = self._rows.current(self.settings, self.host, free, now, suspect=suspect)
        self.gossip.set_factory_row(told, now)

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


_HANDLERS: Mapping[type, Callable[[Agent, Any, float], None]] = {
    HostChanged: Agent._host,  # noqa: SLF001 (the table is the class's own)
    SettingsChanged: Agent._settings,  # noqa: SLF001
    HoldOrdered: Agent._hold,  # noqa: SLF001
    PeersChanged: Agent._peers,  # noqa: SLF001
    KeysChanged: Agent._keys,  # noqa: SLF001
    QuestionAnswered: Agent._answered,  # noqa: SLF001
    Stopping: Agent._stopping,  # noqa: SLF001
    Woke: Agent._woke,  # noqa: SLF001
}
