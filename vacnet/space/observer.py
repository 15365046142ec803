"""An observer: somebody who reads the whole table of a space from one factory, and is none.

Rules of this file: the face of it, shaped as `gossip` is: `receive`, `wake`, `next_timer`, `drain`. It
greets all addresses it was given and asks the first that answers (`reading`); when that falls silent it
greets again. What it is told goes through the same merge as in a factory, on a table in which it itself is
only there because every table has an owner: `others` is what there is to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from vacnet.space import versions
from vacnet.space.address import Address
from vacnet.space.challenges import Challenges
from vacnet.space.core import Core, GossipConfig
from vacnet.space.counters import Reject
from vacnet.space.happenings import Happening
from vacnet.space.keyring import Key, KeyRing
from vacnet.space.limits import FACTORY_NAME_BYTES_MAX
from vacnet.space.outbox import Datagram
from vacnet.space.reading import Reading
from vacnet.space.replay import ReplayWindow
from vacnet.space.rows import FactoryRow
from vacnet.space.seal import Header, Rejected, factory_id
from vacnet.space.table import Table
from vacnet.space.versions import VERSION_MAX, VERSION_MIN
from vacnet.space.voice import Answerer, Voice
from vacnet.space.wire import Digest, Hello, Message, Pull, RowsOf, Sync, Type, Welcome, plain

NOBODYS_NAME = ""
"""Of the owner of an observer's table: no factory can bear it."""
SILENCE_SECONDS = 3.0
"""Three syncs without an answer: greet again."""
GREET_SECONDS = (0.25, 2.0)
"""Between two greetings, doubled from the one to the other: somebody looks on and waits."""


class Observer:
    """Somebody who looks."""

    def __init__(self, key: Key, space: str, peers: Sequence[Address], rng: Random, now: float) -> None:
        """Begin knowing nothing; `key` is of the ring of `space`, `peers` are asked."""
        config, row = GossipConfig(space, NOBODYS_NAME), FactoryRow(name=NOBODYS_NAME)
        self._core = Core(config, 1, KeyRing([], space), row, rng, now)
        self._voice = Voice(key)
        self._challenges = Challenges(rng)
        self._peers = tuple(peers)
        self._greet_at, self._wait = now, GREET_SECONDS[0]
        self._out: list[Datagram] = []
        self._heard_at = now
        self.answerer: Answerer | None = None
        self._reading = Reading(self._core, self._ask)

    @property
    def table(self) -> Table:
        """Return what is known; `others` are the factories."""
        return self._core.table

    @property
    def synced_at(self) -> float | None:
        """Return when the table was last the same as that of the factory that is asked; None: not yet."""
        return self._reading.synced_at

    def hasten(self, now: float) -> None:
        """Compare tables now, and not within a second."""
        self._core.now = now
        if self.answerer is not None:
            self._reading.hasten()

    def receive(self, data: bytes, now: float) -> None:
        """Take a datagram as it came; never raises."""
        self._core.now = now
        try:
            header, message = self._voice.hear(data)
            self._take(header, message)
        except Rejected as rejected:
            self._core.counters.rejects[rejected.reason] += 1

    def wake(self, now: float) -> None:
        """Ask for what is due."""
        self._core.now = now
        if self.answerer is not None and now - self._heard_at > SILENCE_SECONDS:
            self.answerer = None
            self._greet_at, self._wait = now, GREET_SECONDS[0]
        if self.answerer is not None:
            self._reading.wake()
        elif self._greet_at <= now:
            self._greet()
        self._core.table.keep_time()

    def next_timer(self) -> float:
        """Return when `wake` is wanted."""
        return self._greet_at if self.answerer is None else self._reading.next_at

    def drain(self) -> list[Datagram]:
        """Return what is to be sent, once."""
        out, self._out = self._out, []
        return out

    def happened(self) -> list[Happening]:
        """Return what came about since the last call."""
        happenings, self._core.happenings = self._core.happenings, []
        return happenings

    def _greet(self) -> None:
        for address in self._peers:
            nonce = self._challenges.make(address, self._core.now)
            hello = Hello(nonce, version_min=VERSION_MIN, version_max=VERSION_MAX)
            self._out.append(self._voice.say(Type.HELLO, hello, address))
        self._greet_at = self._core.now + self._wait
        self._wait = min(GREET_SECONDS[1], 2 * self._wait)

    def _ask(self, kind: Type, message: Sync | Pull) -> None:
        if self.answerer is not None:
            self._out.append(self._voice.say(kind, message, self.answerer.address))

    def _take(self, header: Header, message: Message) -> None:
        if isinstance(message, Welcome):
            self._welcomed(header, message)
            return
        self._check(header)
        self._heard_at = self._core.now
        self._reading.hear(header)
        if isinstance(message, Digest):
            self._reading.on_digest(message)
        elif isinstance(message, RowsOf):
            self._reading.on_rows(message)

    def _welcomed(self, header: Header, welcome: Welcome) -> None:
        core = self._core
        sent = self._challenges.take(welcome.echo, core.now)
        if sent is None:
            raise Rejected(Reject.ECHO)
        if versions.common(welcome.version_min, welcome.version_max) is None:
            raise Rejected(Reject.VERSION)
        if factory_id(welcome.name) != header.fid or not plain(welcome.name, FACTORY_NAME_BYTES_MAX):
            raise Rejected(Reject.NAME)
        if self.answerer is None:
            window = ReplayWindow(header.sequence)
            took = core.now - sent.at
            self.answerer = Answerer(welcome.name, sent.address, header.fid, header.epoch, window, took)
            self._heard_at = core.now
            self._reading.begin()

    def _check(self, header: Header) -> None:
        """Refuse what is not of the present life of whom I ask, or was heard before."""
        one = self.answerer
        if one is None or (header.fid, header.epoch) != (one.fid, one.epoch):
            raise Rejected(Reject.UNPROVEN)
        if not one.window.takes(header.sequence):
            raise Rejected(Reject.SEQUENCE)
        one.window.take(header.sequence)
