"""A talker: a factory that only gossips, with the face of the agent.

Rules of this file: the real gossip engine, and rows that mean nothing: whoever drives it says when one is
written. Each row bears a stamp that no other has, so that whoever holds a row can be asked whose and
which it is. It costs a fraction of an agent, so many more runs fit into a night; what an agent decides is
not watched with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from vacnet.agent.agent import Agent
from vacnet.agent.effects import Effect, Member, PersistEpoch, PersistMembers
from vacnet.agent.events import (
    AgentSettings,
    DatagramReceived,
    Event,
    KeysChanged,
    PeersChanged,
    Stopping,
    Woke,
)
from vacnet.agent.restored import Restored
from vacnet.space.address import Address
from vacnet.space.gossip import Datagram, Gossip, GossipConfig
from vacnet.space.happenings import FactoryChanged, Happening, MemberMet, RowsChanged
from vacnet.space.keyring import KeyRing
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.window import Window

STAMP_BYTES = 16
GONE_BELOW = 8
"""Of 256: a row in 32 says that its target is no longer offered."""
SHOWN = (RowsChanged, FactoryChanged)
"""Happenings that checkers look at; the others are for people."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A row was written: `target` is empty for the factory's own."""

    target: str
    version: int
    stamp: bytes


Outcome = Effect | Datagram | Wrote | RowsChanged | FactoryChanged


class Talker:
    """One factory's gossip behind the calls of an agent."""

    def __init__(
        self, settings: AgentSettings, restored: Restored, keys: KeysChanged, rng: Random, now: float
    ) -> None:
        """Begin with what the record remembers."""
        self.settings = settings
        self._rng = rng
        self._members = {member.name: member for member in restored.members}
        self._row = FactoryRow(
            name=settings.factory,
            instance=restored.instance,
            processors_total=settings.processors,
            settings_digest=rng.randbytes(STAMP_BYTES),
        )
        config = GossipConfig(settings.space, settings.factory)
        ring = KeyRing(keys.keys, settings.space)
        self.gossip = Gossip(config, restored.epoch, ring, self._row, rng, now)
        self._out: list[Outcome] = [Wrote("", self.gossip.table.me.row_version, self._row.settings_digest)]
        self.gossip.set_members([(m.name, m.address) for m in restored.members], now)
        for target in settings.targets:
            self.write(target.name, now)

    # --- the calls of an agent --------------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> None:
        """Take in one event."""
        match event:
            case DatagramReceived():
                self.receive(event.data, event.address, now)
            case Woke():
                self.gossip.wake(now)
            case PeersChanged():
                self.gossip.set_peers(event.addresses, now)
            case KeysChanged():
                self.gossip.set_keys(KeyRing(event.keys, self.settings.space), now)
            case Stopping():
                self.gossip.goodbye(now)
            case _:
                """What machines and host do is nothing to a talker."""

    def receive(self, data: bytes, address: Address, now: float) -> None:
        """Take a datagram."""
        self.gossip.receive(data, address, now)

    def next_timer(self) -> float:
        """Return when a `Woke` is due."""
        return self.gossip.next_timer()

    def effects(self) -> list[Outcome]:
        """Return and forget what is to be done and what came about, in order."""
        news, outputs = self.gossip.happened(), self.gossip.drain()
        if not (news or outputs or self._out):  # as after most datagrams
            return []
        out, self._out = self._out, []
        for happening in news:
            self._take(happening, out)
        out.extend(o if isinstance(o, Datagram) else PersistEpoch(o.epoch) for o in outputs)
        return out

    # --- what it says -----------------------------------------------------------------------------------

    def write(self, target: str, now: float, *, urgent: bool = False) -> None:
        """Write another row of a target."""
        stamp = self._rng.randbytes(STAMP_BYTES)
        window = Window(stamp[0], self.settings.factory, now - stamp[1], 60.0 * stamp[2], stamp[3])
        row = TargetRow(
            target=target,
            window=window,
            can=stamp[4],
            proofs=stamp[5],
            gone=stamp[6] < GONE_BELOW,
            digest=stamp,
        )
        self.gossip.set_target_row(row, now, urgent=urgent)
        self._out.append(Wrote(target, self.gossip.table.me.versions[target], stamp))

    def restate(self, now: float, rule_version: int) -> None:
        """Write the factory's own row anew."""
        row = FactoryRow(
            name=self._row.name,
            instance=self._row.instance,
            processors_total=self._row.processors_total,
            settings_digest=self._rng.randbytes(STAMP_BYTES),
            rule_version=rule_version,
        )
        self._row = row
        self.gossip.set_factory_row(row, now)
        self._out.append(Wrote("", self.gossip.table.me.row_version, row.settings_digest))

    def _take(self, news: Happening, out: list[Outcome]) -> None:
        if isinstance(news, SHOWN):
            out.append(news)
        elif isinstance(news, MemberMet):
            self._members[news.name] = Member(news.name, news.address)
            out.append(PersistMembers(tuple(self._members.values())))


Engine = Agent | Talker
"""Whoever a node drives."""
