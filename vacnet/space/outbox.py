"""The outbox: datagrams in the order and at the pace in which they may leave.

Rules of this file: urgent ones go before normal ones; each class has its own allowance a second, with a
tenth of a second's worth at once, so that a beat to a thousand peers does not overrun the sender's own
socket buffer (RFC 8085 section 3.1: a sender paces itself). The queue of each class is bounded; the
oldest datagram makes room, because a newer one says more and sync repairs the rest.

An epoch that was raised stands in the same list: the shell makes it durable before it sends what follows.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from vacnet.space.address import Address
from vacnet.space.counters import Counters
from vacnet.space.limits import NORMAL_PER_SECOND, QUEUE_MAX, URGENT_PER_SECOND

BURST_SECONDS = 0.1
"""At once may leave what is allowed in this time: 2,000 urgent ones, less than 4 MiB of buffer hold."""


@dataclass(frozen=True, slots=True)
class Datagram:
    """Bytes for an address."""

    data: bytes
    address: Address


@dataclass(frozen=True, slots=True)
class EpochRaised:
    """This factory's epoch from here on: durable before anything behind it is sent."""

    epoch: int


class Lane:
    """One class of datagrams: a queue and its allowance."""

    def __init__(self, per_second: float) -> None:
        """Begin with a full allowance."""
        self._per_second = per_second
        self._most = per_second * BURST_SECONDS
        self._allowance = self._most
        self._filled_at = 0.0
        self.waiting: deque[Datagram] = deque()

    def release(self, now: float) -> list[Datagram]:
        """Return what may leave now; while nothing waits the allowance is left to grow by itself."""
        if not self.waiting:
            return []
        grown = (now - self._filled_at) * self._per_second
        self._allowance = min(self._most, self._allowance + max(0.0, grown))
        self._filled_at = now
        count = min(len(self.waiting), int(self._allowance))
        self._allowance -= count
        return [self.waiting.popleft() for _ in range(count)]

    def next_at(self) -> float:
        """Return when more may leave; infinity when nothing waits."""
        return self._filled_at + BURST_SECONDS / 10 if self.waiting else math.inf


class Outbox:
    """What is to be sent."""

    def __init__(self, counters: Counters) -> None:
        """Begin empty."""
        self._counters = counters
        self._urgent = Lane(URGENT_PER_SECOND)
        self._normal = Lane(NORMAL_PER_SECOND)
        self._lanes = self._urgent, self._normal
        self._ready: list[Datagram | EpochRaised] = []

    @property
    def is_busy(self) -> bool:
        """Tell whether anything waits or may leave."""
        return bool(self._ready or self._urgent.waiting or self._normal.waiting)

    def put(self, data: bytes, addresses: Iterable[Address], *, urgent: bool) -> None:
        """Queue the same bytes for each address."""
        lane = self._urgent if urgent else self._normal
        for address in addresses:
            if len(lane.waiting) >= QUEUE_MAX:
                lane.waiting.popleft()
                self._counters.datagrams_dropped += 1
            lane.waiting.append(Datagram(data, address))

    def raise_epoch(self, epoch: int, now: float) -> None:
        """Put a barrier behind what may leave now."""
        self.release(now)
        self._ready.append(EpochRaised(epoch))

    def release(self, now: float) -> None:
        """Let go what the allowances permit."""
        for lane in self._lanes:
            for datagram in lane.release(now) if lane.waiting else ():
                self._counters.datagrams_sent += 1
                self._counters.bytes_sent += len(datagram.data)
                self._ready.append(datagram)

    def drain(self) -> list[Datagram | EpochRaised]:
        """Return what was let go, in order, once."""
        if not self._ready:
            return []
        ready, self._ready = self._ready, []
        return ready

    def next_at(self) -> float:
        """Return when something that waits may leave."""
        if not (self._urgent.waiting or self._normal.waiting):
            return math.inf
        return min(self._urgent.next_at(), self._normal.next_at())
