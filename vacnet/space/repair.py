"""Repair: SYNC, DIGEST, PULL and ROWS, which make tables equal whatever push has lost.

    A   SYNC    hashes of my buckets, who I have not heard      ---->
                               <----  DIGEST  what I hold where they differ, who I have heard   B
    A   PULL    what you have and I lack                         ---->
    A   ROWS    what I have and you lack                         ---->
                               <----  ROWS    what you pulled                                   B

Rules of this file: once a second each factory syncs with the next of a shuffled round of live peers, one
time in ten with a silent one. The cost does not depend on how much there is to know. While there is more
to fetch than one digest lists and the last fetch arrived, the next sync follows at once with the same
peer: a newcomer to ten thousand factories is not made to wait a second per page, and a fetch that fails
is not repeated in a loop. Only rows of factories that proved themselves are ever passed on, for only
those are in the table. Nothing that is told about me is taken: a peer that holds another life of mine
refuses my datagrams and says why (`gate`, `twin`).

Sources: Demers et al. 1987 (anti-entropy); gossip research 4.5 and 4.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from vacnet.space import limits, pages, spans, sync, wire
from vacnet.space.core import Core, addresses_of
from vacnet.space.gate import Arrival
from vacnet.space.membership import Membership
from vacnet.space.pulls import Pulls
from vacnet.space.seal import factory_id
from vacnet.space.table import Known, Liveness
from vacnet.space.wire import Digest, Entry, Evidence, Origin, Pull, RowsOf, Sync, Type


class Repair:
    """Compares tables and mends the difference."""

    def __init__(self, core: Core, membership: Membership, pulls: Pulls) -> None:
        """Begin without a partner."""
        self._core = core
        self._membership = membership
        self._pulls = pulls
        self._round: list[str] = []
        self._turn = 0
        self._wanted: dict[bytes, tuple[int, int]] = {}
        self._fetching = 0
        """How many factories' rows were pulled after the last digest; 0: that is over."""
        self._whole = False
        self.synced_at: float | None = None
        self.next_at = core.now
        self._next_partner: Known | None = None
        self._asked: tuple[Known | None, float] = None, core.now
        """With whom the last sync is, and since when: what comes back tells the round trip of now."""

    def wake(self) -> None:
        """Sync with the next partner, and ask again for what was pulled and did not come."""
        core = self._core
        self._pulls.ask_again()
        self.next_at = core.now + core.rng.uniform(*limits.SYNC_SECONDS)
        partner, self._next_partner = self._next_partner or self._choose(), None
        if partner is not None and partner.link is not None:
            self._wanted.clear()
            self._fetching = 0
            hashes = sync.hashes(
                core.table.factories.values(), limits.bucket_count(len(core.table.factories))
            )
            self._asked = partner, core.now
            message = Sync(sync.pack_hashes(hashes), b"".join(self._unheard()))
            core.send(Type.SYNC, message, addresses_of([partner]))

    def sync_soon(self, partner: Known) -> None:
        """Let the next sync be with this factory, and soon."""
        self._next_partner = partner
        self.next_at = min(self.next_at, self._core.now + limits.CHASE_SECONDS)

    def on_sync(self, arrival: Arrival, message: Sync) -> None:
        """Answer with what is held here where the hashes differ."""
        self._core.send(Type.DIGEST, self.digest(message), [arrival.address])

    def digest(self, message: Sync) -> Digest:
        """Return what is held here where the hashes differ.

        Raises:
            Rejected: it has not the hashes of 64 or 128 buckets.
        """
        core = self._core
        theirs = sync.unpack_hashes(message.hashes)
        found = sync.listing(core.table, theirs, core.rng)
        return Digest(
            found.bitmap(len(theirs)),
            found.whole,
            wire.pack_entries(found.entries),
            wire.pack_evidence(self._evidence(message.ask)),
        )

    def on_digest(self, arrival: Arrival, message: Digest) -> None:
        """Fetch what is lacking here, give what is lacking there."""
        core = self._core
        self._measure(arrival)
        for evidence in wire.unpack_evidence(message.evidence):
            if (known := core.table.by_fid(evidence.fid)) is not None and not known.itself:
                self._membership.hear_of(known, evidence)
        found = sync.compare(core.table, message, core.excluded)
        self._give(arrival, found.ahead)
        self._whole = message.whole
        self._wanted = {one.fid: (one.epoch, one.version) for one in found.lacking}
        self._fetching = len(self._wanted)
        self._pull(arrival, found.lacking)
        self._check_done(arrival.known, over=False)

    def on_pull(self, arrival: Arrival, message: Pull) -> None:
        """Give what was asked for."""
        self._give(arrival, self.held(message))

    def held(self, message: Pull) -> list[tuple[Known, int]]:
        """Return what is held of what was asked for, and from which version it is lacking."""
        held = []
        for want in wire.unpack_entries(message.wants):
            known = self._core.table.by_fid(want.fid)
            if known is not None and known.epoch >= want.epoch:
                held.append((known, want.version if known.epoch == want.epoch else 0))
        return held

    def on_rows(self, arrival: Arrival, message: RowsOf) -> None:
        """Take rows of others; pull again where a page is missing."""
        spans.check_all(message.origins)
        for origin in message.origins:
            if factory_id(origin.name) not in self._core.excluded | {self._core.me.fid}:
                self._take(arrival, origin)
        if self._fetching:
            self._check_done(arrival.known, over=message.last)

    def origins(self, known: Known, start: int) -> Iterator[Origin]:
        """Yield pages of a factory's rows as this one may tell of them."""
        core = self._core
        counter = core.sequence if known.itself else known.counter
        return pages.origins(known, start, counter, core.now)

    def _measure(self, arrival: Arrival) -> None:
        partner, at = self._asked
        if partner is not None and partner is arrival.known and arrival.link is not None:
            arrival.link.round_trip_seconds = self._core.now - at
            self._asked = None, at

    def _take(self, arrival: Arrival, origin: Origin) -> None:
        if (known := self._membership.vouched(origin)) is None:
            return
        self._membership.learn(known, origin)
        if known.version < origin.latest and arrival.known is not None:
            self._pulls.gap(known, arrival.known)
        wanted = self._wanted.get(known.fid)
        if wanted is not None and (known.epoch, known.version) >= wanted:
            del self._wanted[known.fid]

    def _pull(self, arrival: Arrival, lacking: list[Entry]) -> None:
        wants = []
        for one in lacking:
            known = self._core.table.by_fid(one.fid)
            same_life = known is not None and known.epoch == one.epoch
            wants.append(Entry(one.fid, one.epoch, known.version if known and same_life else 0))
        if wants:
            self._core.send(Type.PULL, Pull(wire.pack_entries(wants)), [arrival.address])

    def _give(self, arrival: Arrival, held: list[tuple[Known, int]]) -> None:
        """Send ROWS, a bounded number of datagrams; the rest is found by the next sync."""
        of_each = (self.origins(known, start) for known, start in held[: limits.ENTRIES_MAX])
        groups = list(islice(pages.packed(chain.from_iterable(of_each)), limits.ROWS_PAGES_MAX))
        for number, group in enumerate(groups, start=1):
            self._core.send(Type.ROWS, RowsOf(group, number == len(groups)), [arrival.address])

    def _check_done(self, teller: Known | None, *, over: bool) -> None:
        """Note when all that differed is here; when some came and there is more, go on at once."""
        came = self._fetching - len(self._wanted)
        if teller is None or (self._wanted and not (over and came)):
            return
        if self._whole and not self._wanted:
            self.synced_at = self._core.now
        elif came:
            self.sync_soon(teller)
        self._fetching = 0

    def _choose(self) -> Known | None:
        """Return the next of the round; one time in ten somebody silent."""
        self._turn += 1
        if self._turn % limits.SYNC_SILENT_EVERY == 0:
            silent = self._core.reachable(Liveness.SILENT)
            if silent:
                return self._core.rng.choice(silent)
        return self._next_live()

    def _next_live(self) -> Known | None:
        core = self._core
        if not self._round:
            self._round = [known.name for known in core.reachable()]
            core.rng.shuffle(self._round)
        while self._round:
            known = core.table.factories.get(self._round.pop())
            if known is not None and known.link and known.liveness(core.now) is Liveness.LIVE:
                return known
        return None

    def _unheard(self) -> list[bytes]:
        """Return the ids of factories to ask for: those about to fall silent first, then any silent."""
        core = self._core
        after = limits.ASK_AFTER_BEATS * core.table.rhythm.beat_seconds
        late = [known for known in core.table.others() if core.now - known.heard_at > after]
        live = [known for known in late if known.liveness(core.now) is Liveness.LIVE]
        silent = [known for known in late if known.liveness(core.now) is Liveness.SILENT]
        live.sort(key=lambda known: known.heard_at)
        some = core.rng.sample(silent, min(len(silent), limits.EVIDENCE_MAX))
        return [known.fid for known in [*live, *some][: limits.EVIDENCE_MAX]]

    def _evidence(self, ask: bytes) -> list[Evidence]:
        found = []
        for begin in range(0, len(ask) - 7, 8):
            known = self._core.table.by_fid(ask[begin : begin + 8])
            if known is not None and not known.itself:
                silence = int(known.silence(self._core.now) * 10)
                found.append(Evidence(known.fid, known.epoch, known.counter, silence))
        return found
