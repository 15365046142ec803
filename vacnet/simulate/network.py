"""A network that loses, delays, doubles, damages, repeats and cuts, by a seed.

Rules of this file: it knows addresses and bytes, not what they mean. What it does to a datagram is drawn
from its own generator, so that factories draw the same whatever the weather. It counts what it did, so
that a run without a fault that was asked for is noticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from vacnet.simulate.clock import Clock
from vacnet.space.address import Address

Receive = Callable[[bytes, Address], None]
Crossing = tuple[bytes, Address, Address]
"""A datagram, from where, to where."""
RECORDED_MAX = 512
"""Delivered datagrams that can be replayed: a sample of all, each equally likely."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How a network behaves; the default is a good local one. Fractions are of all datagrams."""

    loss: float = 0.0
    duplicates: float = 0.0
    delay_seconds: tuple[float, float] = (0.000_2, 0.002)
    """Least and most, drawn evenly: unequal delays reorder."""
    late: float = 0.0
    """Fraction that takes `late_seconds` more, and is overtaken by others."""
    late_seconds: float = 0.0
    flips: float = 0.0
    """Fraction of which one bit is turned over."""

    @property
    def longest_seconds(self) -> float:
        """Return the longest that a datagram can be on its way."""
        return self.delay_seconds[1] + (self.late_seconds if self.late else 0.0)


@dataclass(slots=True)
class Network:
    """Carries datagrams between the nodes of one simulated space."""

    clock: Clock
    rng: Random
    weather: Weather = field(default_factory=Weather)
    receivers: dict[Address, Receive] = field(default_factory=dict)
    sides: dict[Address, int] = field(default_factory=dict)
    """Which part of a partition an address is in; 0 where it is not named."""
    one_way: bool = False
    """True: a part still hears the parts of higher numbers, which do not hear it."""
    did: Counter[str] = field(default_factory=Counter)
    """How often it did which harm."""
    sent: int = 0
    bytes_sent: int = 0
    longest: int = 0
    """Bytes of the longest datagram."""
    lost: int = 0
    recording: bool = False
    recorded: list[Crossing] = field(default_factory=list)
    _offered: int = 0

    def send(self, data: bytes, source: Address, target: Address) -> None:
        """Carry a datagram, or lose it."""
        weather, draw, length = self.weather, self.rng.random, len(data)
        self.sent += 1
        self.bytes_sent += length
        self.longest = max(self.longest, length)
        if weather.loss and draw() < weather.loss:
            self.lost += 1
            self.did["loss"] += 1
            return
        if weather.duplicates and draw() < weather.duplicates:
            self.did["duplicates"] += 1
            self._carry(data, source, target)
        self._carry(data, source, target)

    def _carry(self, data: bytes, source: Address, target: Address) -> None:
        weather, draw = self.weather, self.rng.random
        least, most = weather.delay_seconds
        delay = least + (most - least) * draw()
        if weather.late and draw() < weather.late:
            self.did["reordering"] += 1
            delay += weather.late_seconds * draw()
        if weather.flips and draw() < weather.flips:
            self.did["flips"] += 1
            data = self._damaged(data)
        self.clock.after(delay, self._deliver, data, source, target)

    def _damaged(self, data: bytes) -> bytes:
        bit = self.rng.randrange(8 * len(data))
        return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(data))

    def _deliver(self, data: bytes, source: Address, target: Address) -> None:
        if self.sides and self._cut(source, target):
            self.lost += 1
            self.did["one-way" if self.one_way else "partition"] += 1
            return
        receive = self.receivers.get(target)
        if receive is not None:
            receive(data, source)
            if self.recording:
                self._record(data, source, target)

    def _cut(self, source: Address, target: Address) -> bool:
        here, there = self.sides.get(source, 0), self.sides.get(target, 0)
        return here < there if self.one_way else here != there

    def _record(self, data: bytes, source: Address, target: Address) -> None:
        """Keep a sample of what was delivered (Vitter's algorithm R)."""
        self._offered += 1
        if len(self.recorded) < RECORDED_MAX:
            self.recorded.append((data, source, target))
        elif (at := self.rng.randrange(self._offered)) < RECORDED_MAX:
            self.recorded[at] = data, source, target

    def partition(self, *sides: list[Address], one_way: bool = False) -> None:
        """Cut the network into parts; without any, heal it."""
        self.sides = {address: number for number, side in enumerate(sides) for address in side}
        self.one_way = one_way
