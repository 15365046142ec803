"""A small network for tests: N factories' gossip wired together under a virtual clock, with faults.

Rules of this file: one generator of its own for the network's faults, one for each factory, all from
the seed; nothing else is random, so a run is a pure function of its arguments. Every datagram that was
sent is kept, so that it can be replayed.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from vacnet.space.gossip import Datagram, EpochRaised, Gossip, GossipConfig
from vacnet.space.happenings import Happening
from vacnet.space.keyring import KeyRing
from vacnet.space.limits import DATAGRAM_BYTES_MAX
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.seal import read_header
from vacnet.space.table import Liveness
from vacnet.space.window import Window

SPACE = "test"
SECRET = b"k" * 32
STEP_SECONDS = 0.05
"""How often the condition of a run is asked."""
Address = tuple[str, int]


def ring(secret: bytes = SECRET, space: str = SPACE) -> KeyRing:
    return KeyRing([("member", secret)], space)


def row_of(target: str, now: float, **fields: object) -> TargetRow:
    window = Window(number=1, opener="f0", opened_at=now, length_seconds=60.0, streak=1)
    return TargetRow(target=target, window=window, **fields)  # type: ignore[arg-type]


@dataclass(slots=True)
class Faults:
    """What the network does to a datagram."""

    loss: float = 0.0
    delay: tuple[float, float] = (0.001, 0.002)
    duplicate: float = 0.0
    cut: Callable[[str, str], bool] = lambda _sender, _receiver: False
    """True: nothing of the first reaches the second."""
    drop: Callable[[bytes], bool] = lambda _data: False
    """True: this datagram reaches nobody."""


@dataclass(slots=True)
class Node:
    """A factory of the test, running or not."""

    name: str
    address: Address
    gossip: Gossip
    epoch: int
    """The epoch its disk holds."""
    running: bool = True
    happenings: list[tuple[float, Happening]] = field(default_factory=list)
    sent: int = 0
    bytes: int = 0
    timer: float = 0.0


class Net:
    """Factories and the network between them."""

    def __init__(self, seed: int = 1, faults: Faults | None = None) -> None:
        self.now = 1000.0
        self.faults = faults or Faults()
        self.seed = seed
        self.rng = Random(f"net {seed}")
        self.nodes: dict[str, Node] = {}
        self._at: dict[Address, Node] = {}
        self.recorded: list[tuple[Address, Address, bytes]] = []
        self._timers: list[tuple[float, int, Node]] = []
        self._flying: list[tuple[float, int, Address, Address, bytes]] = []
        self._count = itertools.count()
        self._lives = itertools.count()

    def add(self, name: str, *, peers: Iterable[str] = (), **options: object) -> Gossip:
        """Start a factory; options: epoch, host, keys, exclude, alias (its name in the space)."""
        life = next(self._lives)
        alias = str(options.get("alias", name))
        address = (str(options.get("host", f"10.0.0.{1 + len(self.nodes)}")), 995)
        if (last := self.nodes.get(name)) is not None:
            last.running = False
            address = address if "host" in options else last.address
        instance = Random(f"instance {self.seed} {life}").randbytes(8)
        epoch = int(str(options.get("epoch", 1)))
        keys = options.get("keys") or ring()
        exclude = options.get("exclude", frozenset())
        assert isinstance(keys, KeyRing)
        assert isinstance(exclude, frozenset)
        config = GossipConfig(SPACE, alias, exclude)
        row = FactoryRow(name=alias, instance=instance, processors_total=8, processors_free=8)
        rng = Random(f"{name} {self.seed} {life}")
        gossip = Gossip(config, epoch, keys, row, rng, self.now)
        self.nodes[name] = self._at[address] = Node(name, address, gossip, epoch)
        self.set_peers(name, peers)
        return gossip

    def set_peers(self, name: str, peers: Iterable[str]) -> None:
        """Edit a factory's peers file."""
        self.nodes[name].gossip.set_peers([self.address(peer) for peer in peers], self.now)
        self.collect(self.nodes[name])

    def address(self, name: str) -> Address:
        return self.nodes[name].address

    def stop(self, name: str) -> None:
        """Kill a factory: nothing is said."""
        self.nodes[name].running = False

    def gossip(self, name: str) -> Gossip:
        return self.nodes[name].gossip

    def running(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.running]

    def set_row(self, name: str, row: TargetRow, *, urgent: bool = False) -> None:
        self.gossip(name).set_target_row(row, self.now, urgent=urgent)
        self.collect(self.nodes[name])

    def collect(self, node: Node) -> None:
        """Do what a shell does after each call."""
        node.happenings += [(self.now, happening) for happening in node.gossip.happened()]
        for wish in node.gossip.drain():
            if isinstance(wish, EpochRaised):
                node.epoch = wish.epoch
            else:
                self._send(node, wish)
        node.timer = node.gossip.next_timer()
        heapq.heappush(self._timers, (node.timer, next(self._count), node))

    def deliver(self, data: bytes, sender: Address, receiver: Address) -> None:
        """Hand a datagram to whoever runs at the address, now."""
        node = self._at.get(receiver)
        if node is not None and node.running:
            node.gossip.receive(data, sender, self.now)
            self.collect(node)

    def run(self, seconds: float, until: Callable[[], bool] | None = None) -> float:
        """Let time pass; return how much did until the condition held, or all of it."""
        began, end = self.now, self.now + seconds
        while self.now < end and (until is None or not until()):
            self._run_to(end if until is None else min(end, self.now + STEP_SECONDS))
        return self.now - began

    def _run_to(self, end: float) -> None:
        while (following := self._next_event()) < end:
            self.now = max(self.now, following)
            if self._flying and self._flying[0][0] <= self.now:
                _, _, sender, receiver, data = heapq.heappop(self._flying)
                self.deliver(data, sender, receiver)
            else:
                self._wake(heapq.heappop(self._timers)[2])
        self.now = end

    def _next_event(self) -> float:
        while self._timers and not self._true(self._timers[0]):
            heapq.heappop(self._timers)
        heads = [heap[0][0] for heap in (self._timers, self._flying) if heap]
        return min(heads, default=math.inf)

    def _wake(self, node: Node) -> None:
        node.gossip.wake(self.now)
        self.collect(node)

    @staticmethod
    def _true(timer: tuple[float, int, Node]) -> bool:
        at, _, node = timer
        return node.running and node.timer == at

    def _send(self, node: Node, datagram: Datagram) -> None:
        assert len(datagram.data) <= DATAGRAM_BYTES_MAX
        assert read_header(datagram.data).epoch <= node.epoch, "sent before its epoch was durable"
        node.sent += 1
        node.bytes += len(datagram.data)
        self.recorded.append((node.address, datagram.address, datagram.data))
        copies = 2 if self.rng.random() < self.faults.duplicate else 1
        for _ in range(0 if self.faults.drop(datagram.data) else copies):
            if self.rng.random() >= self.faults.loss and not self._cut(node.name, datagram.address):
                at = self.now + self.rng.uniform(*self.faults.delay)
                flight = (at, next(self._count), node.address, datagram.address, datagram.data)
                heapq.heappush(self._flying, flight)

    def _cut(self, sender: str, to: Address) -> bool:
        receiver = self._at.get(to)
        return receiver is None or self.faults.cut(sender, receiver.name)

    # -- what tests ask ----------------------------------------------------------------------------

    def equal(self, names: Iterable[str] | None = None) -> bool:
        """Return whether the tables of the running factories are equal."""
        chosen = self.running() if names is None else [self.nodes[name] for name in names]
        return len({node.gossip.table.fingerprint() for node in chosen}) <= 1

    def complete(self) -> bool:
        """Return whether every running factory sees every running factory live, and tables are equal."""
        names = {node.gossip.table.me.name for node in self.running()}
        return all(self.live(node.name) == names for node in self.running()) and self.equal()

    def live(self, name: str) -> set[str]:
        return {known.name for known in self.gossip(name).table.live(self.now)}

    def liveness(self, at: str, of: str) -> Liveness:
        return self.gossip(at).table.factories[of].liveness(self.now)

    def told(self, name: str, kind: type) -> list[Happening]:
        return [happening for _, happening in self.nodes[name].happenings if isinstance(happening, kind)]


def space(count: int, seed: int = 1, faults: Faults | None = None, targets: int = 0) -> Net:
    """Return a space of factories f0, f1, ... that all list f0, run until complete."""
    net = Net(seed, faults)
    for number in range(count):
        net.add(f"f{number}", peers=["f0"] if number else [])
    for node, target in itertools.product(net.running(), range(targets)):
        net.set_row(node.name, row_of(f"target-{target}", net.now))
    took = net.run(30.0, until=net.complete)
    assert took < 30.0, "the space did not form"
    return net
