"""Membership: who is in the table, how alive each is, and which of its lives is the present one.

Rules of this file, and the trap they avoid. Ages instead of clocks invite a ratchet: if everybody keeps
the smallest age anybody tells, each relay forgets the delay of its hop, and fifty factories that go on
telling each other of a dead one believe it to be alive for hours. So evidence of life is a counter that
only its owner can raise (the sequence number of its own datagrams), and each value of it moves `heard_at`
at most once: directly to now, by hearsay to now - age - 1 s, never backwards.

A factory enters when it has echoed my nonce, or when a member that has vouches for it (that member, or
one before it, had the echo: the chain ends in proof). Older than a day it does not enter at all.

A higher epoch is a new life: rows, counter and link begin anew, the link only by a new echo. `epoch` is
never judged by its distance to the last one (scylla#5164: a node refused after a year of uptime).

Sources: van Renesse, Minsky, Hayden 1998 (gossip failure detection by counters); gossip research 4.6.
"""

from __future__ import annotations

import math
from dataclasses import replace

from vacnet.space import address as addresses
from vacnet.space import limits, spans
from vacnet.space.address import Address
from vacnet.space.core import Core
from vacnet.space.counters import Reject
from vacnet.space.happenings import (
    FactoryChanged,
    FactoryDeparted,
    FactoryForgotten,
    FactoryLive,
    FactorySilent,
    MemberMet,
    RowsChanged,
)
from vacnet.space.held import Held
from vacnet.space.link import Link
from vacnet.space.seal import Header
from vacnet.space.table import Known, Liveness
from vacnet.space.wire import Announce, Evidence, Origin, plain

TOLD: dict[Liveness, type[FactoryLive | FactorySilent | FactoryDeparted]] = {
    Liveness.LIVE: FactoryLive,
    Liveness.SILENT: FactorySilent,
    Liveness.DEPARTED: FactoryDeparted,
}


class Membership:
    """Changes of the table that are not rows alone."""

    def __init__(self, core: Core) -> None:
        """Begin with this factory alone."""
        self._core = core
        self._held = Held()
        self.next_at = core.now + limits.SWEEP_SECONDS

    def hear(self, known: Known, counter: int) -> None:
        """Note a datagram of its own."""
        if counter > known.counter:
            known.counter = counter
            known.heard_at = max(known.heard_at, self._core.now)
            if known.shown is not Liveness.LIVE:
                self._show(known)

    def hear_of(self, known: Known, evidence: Evidence | Origin) -> None:
        """Note what another tells of its life."""
        if evidence.epoch == known.epoch and evidence.counter > known.counter:
            known.counter = evidence.counter
            known.heard_at = max(known.heard_at, self._told_at(evidence.age))
            self._show(known)

    def vouched(self, origin: Origin) -> Known | None:
        """Return the factory that a member tells of; None when it is of the past or does not fit."""
        core, known = self._core, self._core.table.factories.get(origin.name)
        if known is None:
            known = self._enter(origin.name, origin.epoch, self._told_at(origin.age))
        if known is None or origin.epoch < known.epoch:
            return None
        self._begin_life(known, origin.epoch)
        self.hear_of(known, origin)
        address = addresses.checked(origin.ip, origin.port)
        if known.link is None and address is not None:
            known.address = address
            core.contacts.meet(address, core.now)
        return known

    def prove(self, name: str, header: Header, at: Address, source: Address) -> Known | None:
        """Note that a factory echoed the nonce sent to `at`; None when it does not fit the table."""
        core = self._core
        known = core.table.by_fid(header.fid) or self._enter(name, header.epoch, core.now)
        if known is None:
            return None
        self._begin_life(known, header.epoch)
        fresh = known.link is None
        link = known.link = known.link or Link(header.sequence)
        known.counter, known.heard_at = max(known.counter, header.sequence), core.now
        link.prove(source)
        link.prove(at)
        self._choose_address(known, link, at, fresh=fresh)
        self._show(known)
        core.contacts.answered(at, known.fid, core.now)
        return known

    def learn(self, known: Known, span: Announce | Origin) -> bool:
        """Apply a checked span; return whether anything was new."""
        core = self._core
        if span.end == known.version == span.latest and not span.rows and span.factory is None:
            return False  # a beat
        applied = self._apply(known, span)
        if applied.rows:
            urgent = not isinstance(span, Announce) or span.urgent  # what was missed may have been urgent
            core.happen(RowsChanged(known.name, applied.rows, urgent))
        if applied.factory:
            core.happen(FactoryChanged(known.name))
            self._meet_advertised(known)
            self._check_life(known)
            self._show(known)
        return applied.news

    def _apply(self, known: Known, span: Announce | Origin) -> spans.Applied:
        """Apply a span, and those that waited for it; hold it if it leaves a gap itself."""
        if span.start > known.version:
            self._held.keep(known, span, self._core.now)
        applied = spans.apply(known, span, self._core.now)
        while (waiting := self._held.next(known)) is not None:
            applied.add(spans.apply(known, *waiting))
        return applied

    def wake(self) -> None:
        """Notice silence and forget what is a day old."""
        core = self._core
        self.next_at = core.now + limits.SWEEP_SECONDS
        for known in core.table.others():
            if known.liveness(core.now) is not known.shown:
                self._show(known)
            if known.shown is Liveness.FORGOTTEN:
                self._forget(known)
        core.table.keep_time()

    def exclude(self) -> None:
        """Drop the factories that the settings exclude now."""
        for known in self._core.table.others():
            if known.fid in self._core.excluded:
                self._forget(known)

    def _forget(self, known: Known) -> None:
        self._core.table.remove(known.name)
        self._core.happen(FactoryForgotten(known.name))

    def _told_at(self, age: int) -> float:
        return self._core.now - age / 10 - limits.RELAY_AGE_SECONDS

    def _enter(self, name: str, epoch: int, heard_at: float) -> Known | None:
        core = self._core
        if core.now - heard_at > limits.FORGET_SECONDS or not plain(name, limits.FACTORY_NAME_BYTES_MAX):
            return None
        if (known := core.table.add(name, epoch, heard_at)) is None:
            core.counters.rejects[Reject.FULL] += 1
            return None
        core.table.keep_time()
        return known

    def _begin_life(self, known: Known, epoch: int) -> None:
        """Begin anew if the epoch is higher; the rows stay as leftovers."""
        if epoch <= known.epoch:
            return
        known.epoch = epoch
        known.version = known.latest = known.counter = known.row_version = 0
        known.versions.clear()
        known.link = known.departed_at = None
        known.row = replace(known.row, instance=b"")
        known.pulled_at = -math.inf
        self._core.contacts.lost({known.fid}, self._core.now)

    def _choose_address(self, known: Known, link: Link, at: Address, *, fresh: bool) -> None:
        """Send to the address it advertises if that is proved, else to the one just proved."""
        advertised = addresses.parse(known.row.advertise)
        chosen = advertised if advertised is not None and advertised in link.sources else at
        if fresh or chosen != known.address:
            self._core.happen(MemberMet(known.name, chosen))
        known.address = chosen

    def _check_life(self, known: Known) -> None:
        """Ask again when the rows are not of the life that is linked: two lives took one epoch."""
        if known.link is not None and known.link.instance not in {b"", known.row.instance}:
            self._core.contacts.lost({known.fid}, self._core.now)

    def _meet_advertised(self, known: Known) -> None:
        address = addresses.parse(known.row.advertise)
        if address is not None and address != known.address:
            self._core.contacts.meet(address, self._core.now)

    def _show(self, known: Known) -> None:
        """Tell the agent if its liveness is another than was told last."""
        liveness = known.liveness(self._core.now)
        if liveness is known.shown:
            return
        known.shown = liveness
        if (happening := TOLD.get(liveness)) is not None:
            self._core.happen(happening(known.name))
        if liveness is not Liveness.LIVE:
            self._core.contacts.lost({known.fid}, self._core.now)
