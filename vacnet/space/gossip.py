"""Gossip: one factory's end of the space, without I/O.

Rules of the protocol, each told in the file that keeps it:

- every factory writes its own rows and nobody else's; (epoch, version) orders them (`spans`, `pages`);
- changes are pushed to all live peers, urgent ones relayed by two; silence is broken by a beat (`announce`);
- one sync a second repairs the rest (`repair`, `sync`);
- trust is the echo of a nonce (`handshake`, `challenges`, `gate`), evidence of life a counter (`membership`);
- two of one name notice each other and do not race (`twin`);
- who only looks is answered, and leaves no trace (`questions`).

There is no election, no accusation, no tombstone and no agreement on who is a member: each rule is about
what one factory may conclude from what it heard, so there is nothing to be split by a partition.

Rules of this file: the face of the room. Nothing is sent, kept or logged here; `drain` gives what is to be
sent and made durable, `happened` what came about. `now` is monotonic seconds and never falls. After any
call, `drain`; at `next_timer`, `wake`. The same calls with the same `Random` give the same bytes.

Sources: gossip research (reference/gossip.md), where the figures come from; its shape is that of h11 and
aioquic (bytes in, bytes out, timers asked for).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from vacnet.space import address as addresses
from vacnet.space import limits
from vacnet.space.address import Address
from vacnet.space.announce import Announcer
from vacnet.space.core import Core, GossipConfig
from vacnet.space.counters import Counters
from vacnet.space.gate import Arrival, Unproven, admit
from vacnet.space.handshake import Handshake
from vacnet.space.happenings import Happening
from vacnet.space.items import Items, Question
from vacnet.space.keyring import KeyRing
from vacnet.space.membership import Membership
from vacnet.space.outbox import Datagram, EpochRaised
from vacnet.space.pulls import Pulls
from vacnet.space.questions import Questions
from vacnet.space.repair import Repair
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.seal import Rejected, fault
from vacnet.space.strangers import Accused, Strangers
from vacnet.space.table import Known, Table
from vacnet.space.twin import Twin
from vacnet.space.wire import Type, decode, plain

__all__ = ["Datagram", "EpochRaised", "Gossip", "GossipConfig"]

Handler = Callable[[Arrival, Any], None]


class Gossip:
    """One factory's end of the space."""

    def __init__(
        self, config: GossipConfig, epoch: int, keys: KeyRing, row: FactoryRow, rng: Random, now: float
    ) -> None:
        """Begin alone; `epoch` is already durable, `row.instance` is of this start.

        Raises:
            ValueError: the factory's name is empty or longer than 253 bytes, or is not the row's.
        """
        _check_name(config, row)
        core = self._core = Core(config, epoch, keys, row, rng, now)
        self._stopped = False
        self._membership = Membership(core)
        self._twin = Twin(core)
        self._strangers = Strangers(core)
        self._pulls = Pulls(core)
        self._repair = Repair(core, self._membership, self._pulls)
        self._announcer = Announcer(core, self._membership, self._pulls)
        self._handshake = Handshake(core, self._membership, self._twin, self._proved)
        self._questions = Questions(core, self._handshake, self._repair)
        self._handlers: dict[int, Handler] = {
            Type.ANN: self._announcer.on_announce,
            Type.BYE: self._announcer.on_announce,
            Type.SYNC: self._repair.on_sync,
            Type.DIGEST: self._repair.on_digest,
            Type.PULL: self._repair.on_pull,
            Type.ROWS: self._repair.on_rows,
            Type.HELLO: self._handshake.on_hello,
            Type.WELCOME: self._handshake.on_welcome,
            Type.QUERY: self._questions.on_query,
            Type.ANSWER: self._questions.on_answer,
        }
        self._to_observers: dict[int, Handler] = {
            Type.HELLO: self._questions.on_hello,
            Type.SYNC: self._questions.on_sync,
            Type.PULL: self._questions.on_pull,
            Type.QUERY: self._questions.on_query,
        }

    @property
    def table(self) -> Table:
        """Return what is known of all factories; for reading."""
        return self._core.table

    @property
    def epoch(self) -> int:
        """Return this factory's epoch; rises when a higher one is heard of, or with rows dropped."""
        return self._core.me.epoch

    @property
    def keys(self) -> KeyRing:
        """Return the key ring in force."""
        return self._core.keys

    @property
    def counters(self) -> Counters:
        """Return what was counted since the start."""
        return self._core.counters

    @property
    def synced_at(self) -> float | None:
        """Return when a sync with a live peer last found or made the tables equal; None: not yet."""
        return self._repair.synced_at

    def conflicted(self, now: float) -> bool:
        """Return whether another running factory bore this one's name within the last minute."""
        return self._twin.conflicted(now)

    def twin_at(self, now: float) -> Address | None:
        """Return where a running factory of this one's name has answered within the last minute."""
        return self._twin.address if self._twin.conflicted(now) else None

    def accused(self, now: float) -> tuple[Accused, ...]:
        """Return the addresses of which nothing is taken, because no key opens what comes from them."""
        return self._strangers.accused(now)

    def unanswered(self) -> list[Address]:
        """Return the configured peers that do not answer."""
        return self._core.contacts.unanswered()

    def receive(self, data: bytes, address: Address, now: float) -> bool:
        """Take a datagram as it came, whatever it is; return whether it left anything to tell or to send."""
        core = self._core
        core.now = now
        core.counters.datagrams_received += 1
        core.counters.bytes_received += len(data)
        if self._stopped:
            return False
        if (reason := fault(data)) is not None:
            core.counters.rejects[reason] += 1
            return False
        source = (address[0], address[1])
        try:
            self._take(data, source)
        except Unproven as unproven:
            self._strangers.well(source)
            core.counters.rejects[unproven.reason] += 1
            self._handshake.challenge(unproven.arrival)
        except Rejected as rejected:
            core.counters.rejects[rejected.reason] += 1
            self._strangers.note(rejected.reason, source)
        return bool(core.happenings) or core.outbox.is_busy

    def wake(self, now: float) -> None:
        """Do what is due: announce, sync, greet, notice silence, send what was held back by pacing."""
        self._core.now = now
        if self._stopped:
            return
        for part in (self._membership, self._pulls, self._repair):
            if part.next_at <= now:
                part.wake()
        if self._twin.wake():
            self._greet_all()
        if self._core.contacts.next_at <= now:
            self._handshake.wake()

    def next_timer(self) -> float:
        """Return when `wake` is wanted; infinity after goodbye."""
        if self._stopped:
            return math.inf
        core = self._core
        return min(
            core.outbox.next_at(),
            core.contacts.next_at,
            self._announcer.next_at(),
            self._repair.next_at,
            self._pulls.next_at,
            self._membership.next_at,
            self._twin.next_at,
        )

    def set_factory_row(self, row: FactoryRow, now: float, *, urgent: bool = False) -> None:
        """Say something else of this factory; what nobody could tell from the last row is not sent."""
        self._core.now = now
        self._announcer.set_factory(row, urgent=urgent)

    def set_target_row(self, row: TargetRow, now: float, *, urgent: bool = False) -> None:
        """Say something else of a target here; the same contents with times within a second are not sent.

        Nothing is said of one more than 256 that are offered: its machines are known here alone.

        Raises:
            ValueError: the name is empty, too long or not printable.
        """
        self._core.now = now
        epoch = self.epoch
        self._announcer.set_target(row, urgent=urgent)
        if self.epoch != epoch:
            self._greet_all()

    def set_peers(self, peers: Sequence[Address], now: float) -> None:
        """Take the configured peers, resolved; new ones are greeted at once and none is ever given up."""
        self._core.now = now
        checked = [addresses.checked(*peer) for peer in peers]
        self._core.contacts.configure([peer for peer in checked if peer is not None], now)

    def set_members(self, members: Sequence[tuple[str, Address]], now: float) -> None:
        """Take the factories met before this start: greeted at once, given up after a day."""
        self._core.now = now
        for name, address in members:
            if name not in self._core.config.exclude and name != self._core.me.name:
                self._core.contacts.meet(address, now)

    def set_keys(self, keys: KeyRing, now: float) -> None:
        """Take another key ring; what was known stays known."""
        self._core.now = now
        self._core.keys = keys

    def set_config(self, config: GossipConfig, now: float) -> None:
        """Take another list of excluded factories; they are dropped at once.

        Raises:
            ValueError: the factory's name is another.
        """
        self._core.now = now
        _check_name(config, self._core.me.row)
        self._core.configure(config)
        self._membership.exclude()

    def answer(self, question: Question, items: Items, now: float) -> None:
        """Send to who asked what was gathered in answer."""
        self._core.now = now
        self._questions.answer(question, items)

    def goodbye(self, now: float) -> None:
        """Say goodbye: rows stay, liveness ends at once at all who hear it, and nothing more is said."""
        self._core.now = now
        self._announcer.goodbye()
        self._core.outbox.release(now)
        self._stopped = True

    def drain(self) -> list[Datagram | EpochRaised]:
        """Return what is to be sent and made durable, in order, as of the last call."""
        if not self._stopped:
            self._announcer.wake()
            self._core.outbox.release(self._core.now)
        return self._core.outbox.drain()

    def happened(self) -> list[Happening]:
        """Return what came about since the last call."""
        happenings, self._core.happenings = self._core.happenings, []
        return happenings

    def _take(self, data: bytes, address: Address) -> None:
        arrival, body = admit(self._core, data, address)
        self._strangers.well(address)
        if arrival.link is not None and arrival.known is not None and arrival.header.type != Type.HELLO:
            self._membership.hear(arrival.known, arrival.header.sequence)
        handlers = self._to_observers if arrival.observing else self._handlers
        handlers[arrival.header.type](arrival, decode(arrival.header.type, body))

    def _proved(self, known: Known, newcomer: bool) -> None:  # noqa: FBT001 - a callback's one flag
        """Fetch a factory's rows once it has proved itself; a newcomer may bring a whole island."""
        self._pulls.ask(known, known)
        if newcomer or self.synced_at is None:
            self._repair.sync_soon(known)

    def _greet_all(self) -> None:
        """Make the new epoch known: nobody takes a datagram of it before it is proved."""
        for known in self._core.reachable():
            if known.address is not None:
                self._handshake.greet(known.address)


def _check_name(config: GossipConfig, row: FactoryRow) -> None:
    if config.factory != row.name or not row.name or not plain(row.name, limits.FACTORY_NAME_BYTES_MAX):
        raise ValueError(
            f"the factory's name {row.name!r} is not {config.factory!r}, 1 to 253 printable bytes"
        )
