"""Hosts whose rows are known to all at once: many real ledgers and their obstacles, without any gossip.

A thousand agents that tell each other all lives of ten thousand machines are more datagrams than a test can
carry. What is asked here needs none of them: whether a host's errors are blamed on the host, on the target
or on nobody. All that answers it is real (`Ledger`, `obstacle`, `most_err`); each host starts at most one
machine a second, as an agent does.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from vacnet.agent.effects import Ticket
from vacnet.agent.events import HostFacts
from vacnet.agent.here import Here
from vacnet.agent.keeping import Keeping
from vacnet.agent.ledger import Ledger, new_ledger
from vacnet.agent.obstacles import obstacle
from vacnet.agent.own import Fate, OwnMachine
from vacnet.decide.local import most_err
from vacnet.decide.peers import Peer
from vacnet.decide.placement import Room
from vacnet.decide.standing import Standing, stand
from vacnet.simulate.toys import outcome_of
from vacnet.space.rows import TargetRow
from vacnet.space.window import never_tried
from vacnet.targets.model import Target

CHOICE_SECONDS = 1.0
OPEN = Ticket(0, "", -1)
PLENTY = 1 << 62

Course = Callable[[int, float, Random], tuple[int, float, float]]
"""From host and time to what becomes of a machine: its code, and after how long it proves and ends."""


@dataclass(slots=True)
class Host:
    """One host: its ledger, its row as it was told last, and when it chooses next."""

    number: int
    ledger: Ledger
    row: TargetRow
    stale: bool = True
    choose_at: float = math.inf

    def peer(self, now: float) -> Peer:
        """Return the host as the others see it."""
        if self.stale:
            self.row, self.stale = self.ledger.row(self.row, now), False
        return Peer(str(self.number), live=True, holds=True, row=self.row)


@dataclass(slots=True)
class Hosts:
    """A space of hosts that all work on one open target."""

    target: Target
    hosts: int
    places: int
    course: Course
    seconds: float
    seed: int = 1
    steady_from: float = 0.0
    """From then on blame and busy places are counted: who begins all at once has no good verdict yet."""
    now: float = 0.0
    failures: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When machines failed, by host."""
    alarms: Counter[int] = field(default_factory=Counter)
    """How often a host began to suspect itself."""
    blamed: int = 0
    """How often the target was blamed, which would open a window for all."""
    tried: int = 0
    _busy_seconds: float = 0.0
    _all: list[Host] = field(default_factory=list)
    _heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    _serial: count[int] = field(default_factory=count)
    _rng: Random = field(default_factory=Random)
    _standing: Standing = field(init=False)

    def run(self) -> Hosts:
        """Let the space work to the end; all hosts come up within a second."""
        self._rng.seed(self.seed)
        self._standing = stand(self.target, never_tried(0.0), (), 0.0)
        for number in range(self.hosts):
            ledger = new_ledger(self.target, 0.0)
            row = TargetRow(target=self.target.name, window=ledger.window)
            self._all.append(Host(number, ledger, row))
            self._choose_at(self._all[number], self._rng.random())
        while self._heap and self._heap[0][0] <= self.seconds:
            self.now, _, action, arguments = heapq.heappop(self._heap)
            action(*arguments)
        return self

    def busy(self) -> float:
        """Return which part of the places had a machine, 0 to 1."""
        still = (m.created_at for host in self._all for m in host.ledger.unfinished())
        seconds = sum(self.seconds - max(began, self.steady_from) for began in still) + self._busy_seconds
        return seconds / (self.seconds - self.steady_from) / (self.hosts * self.places)

    def _at(self, time: float, action: Callable[..., None], *arguments: Any) -> None:
        if time < math.inf:
            heapq.heappush(self._heap, (time, next(self._serial), action, arguments))

    def _choose_at(self, host: Host, time: float) -> None:
        if time < host.choose_at:
            host.choose_at = time
            self._at(time, self._choose, host, time)

    def _choose(self, host: Host, due: float) -> None:
        """Start a machine unless something is against it; try again when that is over."""
        if due != host.choose_at:
            return
        host.choose_at, ledger = math.inf, host.ledger
        if len(ledger.unfinished()) >= self.places:
            return
        ledger.pass_time(self.now)
        if obstacle(self._here(ledger)) is None:
            self._start(host)
            self._choose_at(host, self.now + CHOICE_SECONDS)
        elif (later := ledger.next_change(self.now)) < math.inf:
            self._choose_at(host, later)

    def _here(self, ledger: Ledger) -> Here:
        taken = len(ledger.unfinished())
        room = Room(self.places - taken, PLENTY, PLENTY, 0)
        return Here(
            target=self.target,
            standing=self._standing,
            vetoes=(),
            facts=HostFacts(),
            room=room,
            room_whole=Room(self.places, PLENTY, PLENTY, 0),
            room_unslotted=room,
            room_unkept=room,
            keeping=Keeping(self.target, ""),
            kept_for=(),
            machines_here=taken,
            not_made="",
            retry_at=0.0,
            back_off=ledger.back_off,
            error_code=ledger.error_code,
            suspicion=ledger.suspicion,
            on_trial=ledger.on_trial(),
            wary=ledger.wary(),
            now=self.now,
        )

    def _start(self, host: Host) -> None:
        self.tried += 1
        machine = OwnMachine(str(self.tried), self.target.name, 1, OPEN, self.now, started_at=self.now)
        host.ledger.add(machine, self.now)
        host.stale = True
        code, proves_after, ends_after = self.course(host.number, self.now, self._rng)
        if proves_after < ends_after:
            self._at(self.now + proves_after, self._prove, host, machine)
        self._at(self.now + ends_after, self._end, host, machine, code)

    def _prove(self, host: Host, machine: OwnMachine) -> None:
        host.ledger.prove(machine, self.now)
        host.stale = True
        self._choose_at(host, self.now)

    def _end(self, host: Host, machine: OwnMachine, code: int) -> None:
        self._busy_seconds += max(0.0, self.now - max(machine.created_at, self.steady_from))
        lived = self.now - machine.created_at
        host.ledger.pass_time(self.now)
        outcome = outcome_of(f"{code} toy", lived, self.target.fizzle_seconds)
        if host.ledger.end(machine, outcome, lived, self.now) is Fate.LOCAL_ERROR:
            self._judge(host)
        host.stale = True
        self._choose_at(host, self.now)

    def _judge(self, host: Host) -> None:
        self.failures[host.number].append(self.now)
        host.stale = True
        peers = [one.peer(self.now) for one in self._all]
        others = [peer for one, peer in zip(self._all, peers, strict=True) if one is not host]
        before = host.ledger.suspicion.count
        host.ledger.judge(lambda: others, self.now)
        self.alarms[host.number] += not before and host.ledger.suspicion.count > 0
        self.blamed += self.now >= self.steady_from and most_err(self.target, peers, self.now)
