"""CPU of a factory for each datagram that it receives: junk, forged, beats, announcements of ten rows.

The function that is measured is the one that the UDP reader calls: `Driver.feed` with a real agent behind
it, as `factory.Factory` joins them, whose effects go nowhere. The agent knows a hundred other factories.
The best of several rounds is taken, in CPU time of this thread, for what else the host does comes in rounds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from tools.bench.figure import Figure
from vacnet.agent import effects
from vacnet.agent.agent import Agent
from vacnet.agent.effects import Effect
from vacnet.agent.events import AgentSettings, DatagramReceived, KeysChanged, Woke
from vacnet.agent.restored import Restored
from vacnet.factory.loop import Driver, Handler
from vacnet.space import coding
from vacnet.space.address import Address
from vacnet.space.keyring import KeyRing
from vacnet.space.rows import TargetRow
from vacnet.space.seal import Header, factory_id, read_header, seal
from vacnet.space.window import never_tried
from vacnet.space.wire import Announce, Hello, Type, Welcome, WireTarget, decode, encode

SPACE = "bench"
SECRET = bytes(range(32))
KEY = KeyRing([("member", SECRET)], SPACE).keys[0]
PEERS = 100
ROWS = 10
ROUND = 1000
ROUNDS = 15
LIMITS = {"junk": 2.0, "forged tag": None, "beat": 6.0, f"{ROWS} rows, not ours": 20.0, f"{ROWS} rows": 20.0}


class Peer:
    """Another factory: seals what it says, in order."""

    def __init__(self, number: int) -> None:
        """Take a name and an address of that number."""
        self.name = f"factory{number}.example.org"
        self.address: Address = (f"10.0.{number // 250}.{1 + number % 250}", 8885)
        self._sequence = 0
        self._version = 0

    def say(self, kind: Type, body: bytes) -> bytes:
        """Return the next datagram."""
        self._sequence += 1
        return seal(Header(kind, KEY.id, factory_id(self.name), 1, self._sequence), body, KEY.secret)

    def beat(self) -> bytes:
        """Return an announcement of nothing."""
        at = self._version
        return self.say(
            Type.ANN, encode(Announce(at, at, at, urgent=False, factory=None, rows=[], padding=b"0"))
        )

    def rows(self, prefix: str) -> bytes:
        """Return an announcement of ten rows that changed."""
        start = self._version
        self._version += ROWS
        rows = [_row(f"{prefix}{n}", start + 1 + n) for n in range(ROWS)]
        end = self._version
        return self.say(Type.ANN, encode(Announce(start, end, end, urgent=False, factory=None, rows=rows)))


def _row(target: str, version: int) -> WireTarget:
    row = TargetRow(
        target=target,
        window=never_tried(0.0),
        machines_running=version % 7,
        processors_running=version % 7,
        tried=version % 5,
        share=0.1,
    )
    return coding.target_to_wire(row, version, 0.0)


class Bench:
    """An agent behind a driver, with peers that are linked."""

    def __init__(self) -> None:
        """Join them and link the peers."""
        from vacnet.targets.model import Target

        self._sent: list[effects.Send] = []
        targets = tuple(Target(name=f"target{n}", target_share=0.0) for n in range(ROWS))
        settings = AgentSettings(space=SPACE, factory="here.example.org", processors=8, targets=targets)
        agent = Agent(
            settings, Restored(epoch=1, instance=b"here"), KeysChanged((("member", SECRET),)), Random(1), 0.0
        )
        self.counters = agent.gossip.counters
        nothing: Handler = lambda _effect: None  # noqa: E731 (a table's entry)
        handlers: dict[type[Effect], Handler] = dict.fromkeys(Effect.__args__, nothing)
        handlers[effects.Send] = self._keep
        self.driver = Driver(agent, time.monotonic, handlers, lambda _most: None, _fail)
        self.peers = [Peer(number) for number in range(PEERS)]
        for peer in self.peers:
            self._link(peer)

    def _keep(self, effect: Effect) -> None:
        if isinstance(effect, effects.Send):
            self._sent.append(effect)

    def _link(self, peer: Peer) -> None:
        """Greet, and echo the nonce that comes back."""
        hello = Hello(1, peer.name.encode()[:8], peer.name, padding=bytes(300))
        self._sent.clear()
        self.driver.feed(DatagramReceived(peer.say(Type.HELLO, encode(hello)), peer.address))
        nonce = 0
        for sent in self._sent:
            if read_header(sent.data).type == Type.WELCOME and sent.address == peer.address:
                message = decode(Type.WELCOME, sent.data[28:-16])
                nonce = message.nonce if isinstance(message, Welcome) else 0
        welcome = encode(Welcome(nonce, 0, peer.name.encode()[:8], peer.name))
        self.driver.feed(DatagramReceived(peer.say(Type.WELCOME, welcome), peer.address))

    def microseconds(self, make: Callable[[Peer], bytes]) -> float:
        """Return the CPU time for one datagram of a kind, the best round's mean."""
        return min(self._round([(make(peer), peer.address) for peer in self._some()]) for _ in range(ROUNDS))

    def _some(self) -> Iterator[Peer]:
        for number in range(ROUND):
            yield self.peers[number % PEERS]

    def _round(self, datagrams: Sequence[tuple[bytes, Address]]) -> float:
        feed = self.driver.feed
        began = time.thread_time()
        for data, address in datagrams:
            feed(DatagramReceived(data, address))
        spent = time.thread_time() - began
        feed(Woke(0.0))  # the board is looked at: not of the datagrams, see `read`
        return 1e6 * spent / len(datagrams)


def _fail(error: Exception) -> None:
    raise error


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure; the time asked for does not matter."""
    yield from asyncio.run(_measured())


async def _measured() -> list[Figure]:
    bench, rng = Bench(), Random(2)
    kinds: dict[str, Callable[[Peer], bytes]] = {
        "junk": lambda _peer: rng.randbytes(200),
        "forged tag": lambda peer: peer.beat()[:-16] + bytes(16),
        "beat": Peer.beat,
        f"{ROWS} rows, not ours": lambda peer: peer.rows("other"),
        f"{ROWS} rows": lambda peer: peer.rows("target"),
    }
    how = f"whole path with the agent, {PEERS} factories known, best of {ROUNDS} x {ROUND}"
    figures = [
        Figure(f"received: {name}", bench.microseconds(make), "us of CPU", LIMITS[name], how)
        for name, make in kinds.items()
    ]
    bench.driver.close()
    return figures
