"""Guards: the promises of gossip, watched over a whole storm.

Rules of this file: a guard sees every row as it is written and as it is taken, and looks at all tables
every two seconds. What only ever grows need not be looked at more often: had it been wrong in between, it
would be wrong still. Each guard is tested by a mutant of the engine that it must catch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vacnet.agent.effects import PersistEpoch
from vacnet.simulate.checkers import BrokenPromiseError, OneMachineATicket, tables_of
from vacnet.simulate.node import Booted, Node
from vacnet.simulate.storm import Guard, Storm
from vacnet.simulate.talker import Engine, Wrote
from vacnet.space import pages
from vacnet.space.happenings import FactoryChanged, RowsChanged
from vacnet.space.limits import DATAGRAM_BYTES_MAX, beat_seconds
from vacnet.space.table import Known
from vacnet.space.wire import encode

RELAYED_SECONDS = 1.0
"""Of apparent youth that a relay may add."""
FORMULA_TIMES = 2.0
IP_UDP_BYTES = 28
GREETING_BYTES = 1_500
"""HELLO and WELCOME to and fro; a WELCOME that names sixteen members fills a datagram."""
FINGERPRINTS_MAX = 12
"""Tables compared byte by byte in the end; all are compared by their marks."""


@dataclass(slots=True)
class Quiet:
    """A guard that has nothing to do; others override what they need."""

    def see(self, storm: Storm, node: Node, what: object) -> None:
        """See nothing."""

    def look(self, storm: Storm) -> None:
        """Look at nothing."""

    def finish(self, storm: Storm) -> None:
        """Judge nothing."""


def _others(node: Node) -> Iterator[Known]:
    if node.agent is not None:
        yield from node.agent.gossip.table.others()


@dataclass(slots=True)
class OneContent(Quiet):
    """Each (epoch, version) of a factory has one content, whoever holds it."""

    content: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    lives: dict[tuple[str, int], set[bytes]] = field(default_factory=dict)
    """Which instances wrote under an epoch."""

    def see(self, storm: Storm, node: Node, what: object) -> None:
        """Note what is written, compare what is taken."""
        match what:
            case Booted():
                self.lives.setdefault((node.name, what.epoch), set()).add(what.instance)
            case Wrote() if node.agent is not None:
                self._compare(storm, node.agent.gossip.table.me, what.version, what.stamp)
            case PersistEpoch() if node.agent is not None:
                me = node.agent.gossip.table.me
                self.lives.setdefault((me.name, me.epoch), set()).add(me.row.instance)
            case RowsChanged() if node.agent is not None:
                self._taken(storm, node.agent, what)
            case FactoryChanged() if node.agent is not None:
                known = node.agent.gossip.table.factories[what.factory]
                self._compare(storm, known, known.row_version, known.row.settings_digest)

    def _taken(self, storm: Storm, engine: Engine, news: RowsChanged) -> None:
        known = engine.gossip.table.factories[news.factory]
        for target, change in news.rows.items():
            if (version := known.versions.get(target)) is not None:  # none: a leftover was dropped
                self._compare(storm, known, version, change.digest)

    def _compare(self, storm: Storm, known: Known, version: int, stamp: bytes) -> None:
        key = known.name, known.epoch, version
        if self.content.setdefault(key, stamp) != stamp and not self._contested(storm, known):
            raise BrokenPromiseError(f"two contents of {key}")

    def _contested(self, storm: Storm, known: Known) -> bool:
        """Return whether two lives under one epoch could not be helped: two factories of one name."""
        return len(self.lives.get((known.name, known.epoch), ())) > 1 and known.name in storm.twinned


@dataclass(slots=True)
class NeverBack(Quiet):
    """Epoch, version and counter of a factory never fall at one that runs on."""

    last: dict[tuple[int, str], tuple[int, int, int]] = field(default_factory=dict)
    engines: list[Engine] = field(default_factory=list)
    """Kept, so that no identity is used twice."""
    numbers: dict[int, int] = field(default_factory=dict)

    def look(self, storm: Storm) -> None:
        """Compare with the last look."""
        for node in storm.up():
            life = self._number(node.agent)
            for known in _others(node):
                now = known.epoch, known.version, known.counter
                before = self.last.get((life, known.name), (0, 0, 0))
                if now < before or (now[0] == before[0] and now[2] < before[2]):
                    raise BrokenPromiseError(f"{node.name} knew {before} of {known.name} and now {now}")
                self.last[life, known.name] = now

    def _number(self, engine: Engine | None) -> int:
        if engine is None:
            return -1
        if id(engine) not in self.numbers:
            self.engines.append(engine)
            self.numbers[id(engine)] = len(self.engines)
        return self.numbers[id(engine)]


@dataclass(slots=True)
class NoYounger(Quiet):
    """A factory that is down never looks more than a second younger than it is.

    A datagram that was on its way for longer, or waited in the socket of a paused factory, makes it look
    younger by that: nobody can tell when it was sent.
    """

    def look(self, storm: Storm) -> None:
        """Compare when each is thought to have lived with when it did."""
        gone = storm.last_seconds()
        slack = max(RELAYED_SECONDS, storm.waited_seconds)
        for node in storm.up() if gone else ():
            for known in _others(node):
                younger = known.heard_at - node.base - gone.get(known.name, known.heard_at)
                if younger > slack:
                    words = f"{known.name} looks {younger:.1f} s younger than it is to {node.name}"
                    raise BrokenPromiseError(words)


class Fits(Quiet):
    """No datagram is longer than 1,200 bytes."""

    __slots__ = ()

    def look(self, storm: Storm) -> None:
        """Look at the longest so far."""
        if storm.network.longest > DATAGRAM_BYTES_MAX:
            raise BrokenPromiseError(f"a datagram of {storm.network.longest} bytes was sent")


@dataclass(slots=True)
class Frugal(Quiet):
    """Bytes on the wire stay within twice the formula of the gossip research 4.2(e).

    (N - 1) / H x 83 + u (N - 1) x 111 + 721 bytes a second and factory, IP and UDP headers included, u rows
    a second. A start costs what no formula of rest covers: with each other factory greetings of 400 bytes
    and more, and the own table to and fro. While two factories bear one name, every datagram of either is
    answered with a greeting; a run with such a conflict is not judged.
    """

    rows: int = 0
    starts: int = 0

    def see(self, storm: Storm, node: Node, what: object) -> None:  # noqa: ARG002 (all are alike)
        """Count rows and starts."""
        self.rows += isinstance(what, Wrote)
        self.starts += isinstance(what, Booted | PersistEpoch)

    def finish(self, storm: Storm) -> None:
        """Compare all that was sent with what the formula allows."""
        if storm.twinned:
            return
        allowed, sent = self.allowed(storm), storm.network.bytes_sent + IP_UDP_BYTES * storm.network.sent
        if self.rows and sent > FORMULA_TIMES * allowed:
            raise BrokenPromiseError(f"{sent} bytes were sent; the formula gives {allowed:.0f}")

    def allowed(self, storm: Storm) -> float:
        """Return the bytes of the formula over the run, for all factories."""
        count, seconds = len(storm.nodes), storm.clock.now
        rest = (count - 1) / beat_seconds(count) * 83 + 721
        per_start = (count - 1) * (GREETING_BYTES + 2 * _table_bytes(storm))
        return count * seconds * rest + self.rows * (count - 1) * 111 + self.starts * per_start


def _table_bytes(storm: Storm) -> int:
    """Return what the longest own table of a factory takes on the wire."""
    engines = [node.agent for node in storm.up() if node.agent is not None]
    tables = [pages.origins(engine.gossip.table.me, 0, 0, storm.clock.now) for engine in engines]
    return max(sum(len(encode(origin)) for origin in table) for table in tables)


class Strange(Quiet):
    """Nobody knows of somebody who never held a member's key."""

    __slots__ = ()

    def look(self, storm: Storm) -> None:
        """Look for names that no factory has."""
        for node in storm.up():
            if stranger := {known.name for known in _others(node)} - storm.names:
                raise BrokenPromiseError(f"{node.name} knows {stranger}, who are not of the space")


class Same(Quiet):
    """After the calm tables are equal byte for byte, not only in their marks.

    Of a name that two bore under one epoch and nobody bears any more, nobody can tell who wrote what; such
    a run is not judged.
    """

    __slots__ = ()

    def finish(self, storm: Storm) -> None:
        """Compare some of them."""
        if storm.twinned - {node.name for node in storm.up()}:
            return
        tables = tables_of(storm.up()[:FINGERPRINTS_MAX])
        if len(set(tables.values())) > 1:
            raise BrokenPromiseError("tables of the same marks differ in what they hold")


def all_guards() -> list[Guard]:
    """Return a fresh guard of each promise."""
    return [OneContent(), NeverBack(), NoYounger(), Fits(), Frugal(), Strange(), Same(), Tickets()]


@dataclass(slots=True)
class Tickets(Quiet):
    """At most one unfinished machine a ticket, where claims arrive within half of their wait."""

    tickets: OneMachineATicket = field(default_factory=OneMachineATicket)

    def see(self, storm: Storm, node: Node, what: object) -> None:
        """Count machines by ticket."""
        self.tickets.see(node.name, what, storm.clock.now)

    def finish(self, storm: Storm) -> None:
        """Judge, unless claims may have come late or not at all."""
        if not UNTIMELY & storm.plan.faults:
            self.tickets.finish(storm.nodes, storm.plan.seed)


UNTIMELY = frozenset({
    "loss", "flips", "reordering", "partition", "one-way", "pause", "twin", "rename", "new-address",
    "wiped-disk", "key-rotation", "clock-step",
})  # fmt: skip
"""Faults under which two factories may each not hear the other's claim in time."""
