"""What the parts of the gossip engine share: the table, the keys, the way out, the time of this call.

Rules of this file: state and the one way a message leaves. No part calls another by way of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from vacnet.space.address import Address
from vacnet.space.challenges import Challenges
from vacnet.space.contacts import Contacts
from vacnet.space.counters import Counters
from vacnet.space.happenings import Happening
from vacnet.space.keyring import Key, KeyRing
from vacnet.space.outbox import Outbox
from vacnet.space.rows import FactoryRow
from vacnet.space.seal import Header, factory_id, seal
from vacnet.space.table import Known, Liveness, Table
from vacnet.space.wire import Message, Type, encode


@dataclass(frozen=True, slots=True)
class GossipConfig:
    """What the settings say of the space."""

    space: str
    factory: str
    exclude: frozenset[str] = frozenset()


class Core:
    """The shared state of one factory's gossip."""

    def __init__(
        self, config: GossipConfig, epoch: int, keys: KeyRing, row: FactoryRow, rng: Random, now: float
    ) -> None:
        """Begin alone."""
        self.keys = keys
        self.rng = rng
        self.now = now
        self.table = Table(row, epoch, now)
        self.counters = Counters()
        self.outbox = Outbox(self.counters)
        self.challenges = Challenges(rng)
        self.contacts = Contacts(rng)
        self.happenings: list[Happening] = []
        self.sequence = 0
        self.configure(config)

    def configure(self, config: GossipConfig) -> None:
        """Take other settings."""
        self.config = config
        self.excluded = frozenset(factory_id(name) for name in config.exclude)

    @property
    def me(self) -> Known:
        """Return this factory's own entry."""
        return self.table.me

    def begin_epoch(self, epoch: int) -> None:
        """Begin a new life of this factory's rows; nothing of it is sent before its epoch is durable."""
        self.outbox.raise_epoch(epoch, self.now)
        self.me.epoch = epoch

    def send(
        self, kind: Type, message: Message, addresses: Iterable[Address], *, urgent: bool = False
    ) -> None:
        """Seal a message once and queue it for each address."""
        self.send_body(kind, encode(message), addresses, urgent=urgent)

    def send_body(
        self,
        kind: Type,
        body: bytes,
        addresses: Iterable[Address],
        *,
        urgent: bool = False,
        key: Key | None = None,
    ) -> None:
        """Seal an encoded message, with a key other than the first member key if one is given.

        Without a member key there is nothing to say it with.
        """
        if (key := key or self.keys.sealing) is None:
            return
        self.sequence += 1
        header = Header(kind, key.id, self.me.fid, self.me.epoch, self.sequence)
        self.outbox.put(seal(header, body, key.secret), addresses, urgent=urgent)

    def happen(self, happening: Happening) -> None:
        """Tell the agent."""
        self.happenings.append(happening)

    def reachable(self, liveness: Liveness = Liveness.LIVE) -> list[Known]:
        """Return the factories of this liveness that can be sent to."""
        now, linked = self.now, [one for one in self.table.factories.values() if one.link is not None]
        return [known for known in linked if known.liveness(now) is liveness]


def addresses_of(factories: Iterable[Known]) -> list[Address]:
    """Return where to send to them."""
    return [known.address for known in factories if known.address is not None]
