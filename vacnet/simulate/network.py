"""A network that loses, delays, doubles and cuts, by a seed.

Rules of this file: it knows addresses and bytes, not what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from vacnet.simulate.clock import Clock
from vacnet.space.address import Address

Receive = Callable[[bytes, Address], None]


@dataclass(frozen=True, slots=True)
class Weather:
    """How a network behaves; the default is a good local one."""

    loss: float = 0.0
    duplicates: float = 0.0
    delay_seconds: tuple[float, float] = (0.000_2, 0.002)
    """Least and most, drawn evenly: unequal delays reorder."""


@dataclass(slots=True)
class Network:
    """Carries datagrams between the nodes of one simulated space."""

    clock: Clock
    rng: Random
    weather: Weather = field(default_factory=Weather)
    receivers: dict[Address, Receive] = field(default_factory=dict)
    sides: dict[Address, int] = field(default_factory=dict)
    """Which part of a partition an address is in; 0 where it is not named."""
    sent: int = 0
    bytes_sent: int = 0
    lost: int = 0

    def send(self, data: bytes, source: Address, target: Address) -> None:
        """Carry a datagram, or lose it."""
        self.sent += 1
        self.bytes_sent += len(data)
        if self._cut(source, target) or self.rng.random() < self.weather.loss:
            self.lost += 1
            return
        copies = 2 if self.rng.random() < self.weather.duplicates else 1
        for _ in range(copies):
            delay = self.rng.uniform(*self.weather.delay_seconds)
            self.clock.after(delay, lambda: self._deliver(data, source, target))

    def _deliver(self, data: bytes, source: Address, target: Address) -> None:
        receive = self.receivers.get(target)
        if receive is not None and not self._cut(source, target):
            receive(data, source)

    def _cut(self, source: Address, target: Address) -> bool:
        return self.sides.get(source, 0) != self.sides.get(target, 0)

    def partition(self, *sides: list[Address]) -> None:
        """Cut the network into parts; without any, heal it."""
        self.sides = {address: number for number, side in enumerate(sides) for address in side}
