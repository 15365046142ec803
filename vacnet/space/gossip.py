"""The gossip engine: what a factory says and hears; effects are drained, time and randomness passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from vacnet.space.address import Address
from vacnet.space.counters import Counters
from vacnet.space.happenings import Happening
from vacnet.space.keyring import KeyRing
from vacnet.space.outbox import Datagram, EpochRaised
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.table import Table


@dataclass(frozen=True, slots=True)
class GossipConfig:
    """What the settings say of the space."""

    space: str
    factory: str
    exclude: frozenset[str] = frozenset()


class Gossip:
    """One factory's end of the space."""

    def __init__(
        self, config: GossipConfig, epoch: int, keys: KeyRing, row: FactoryRow, rng: Random, now: float
    ) -> None:
        """Begin alone; `epoch` is already durable."""
        self.table = Table(row, epoch, now)
        self.counters = Counters()
        self.synced_at: float | None = None

    @property
    def epoch(self) -> int:
        """Return this factory's epoch."""
        return self.table.me.epoch

    def conflicted(self, now: float) -> bool:
        """Return whether another running factory bore this one's name within the last minute."""
        raise NotImplementedError

    def receive(self, data: bytes, address: Address, now: float) -> None:
        """Take a datagram as it came; never raises."""
        raise NotImplementedError

    def wake(self, now: float) -> None:
        """Do what is due."""
        raise NotImplementedError

    def next_timer(self) -> float:
        """Return when `wake` is wanted."""
        raise NotImplementedError

    def set_factory_row(self, row: FactoryRow, now: float, *, urgent: bool = False) -> None:
        """Say something else of this factory."""
        raise NotImplementedError

    def set_target_row(self, row: TargetRow, now: float, *, urgent: bool = False) -> None:
        """Say something else of a target here."""
        raise NotImplementedError

    def set_peers(self, addresses: Sequence[Address], now: float) -> None:
        """Take the configured peers."""
        raise NotImplementedError

    def set_members(self, members: Sequence[tuple[str, Address]], now: float) -> None:
        """Take the factories met before this start."""
        raise NotImplementedError

    def set_keys(self, keys: KeyRing, now: float) -> None:
        """Take another key ring."""
        raise NotImplementedError

    def set_config(self, config: GossipConfig, now: float) -> None:
        """Take another list of excluded factories."""
        raise NotImplementedError

    def goodbye(self, now: float) -> None:
        """Say goodbye: rows stay, liveness ends at once, nothing more is said."""
        raise NotImplementedError

    def drain(self) -> list[Datagram | EpochRaised]:
        """Return what is to be sent and made durable, in order."""
        raise NotImplementedError

    def happened(self) -> list[Happening]:
        """Return what came about since the last call."""
        raise NotImplementedError
