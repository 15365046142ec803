"""Reading: how an observer fetches a table, and keeps up with it.

    SYNC  hashes of what I have  ---->  DIGEST  some of what differs
    PULL  a few of these         ---->  ROWS    one datagram of them        several at a time
    ... until all came; SYNC again at once while there was more, else in a second.

Rules of this file: each question brings one datagram or none, so what is missing is asked for until it is
there. `AT_ONCE` pulls are on their way, of `WANTS` factories each, whose rows mostly fit into one answer; no
more are asked in a second than a factory answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from vacnet.space import limits, spans, sync, wire
from vacnet.space.allowance import Bucket
from vacnet.space.core import Core
from vacnet.space.membership import Membership
from vacnet.space.seal import Header, factory_id
from vacnet.space.wire import Digest, Entry, Origin, Pull, RowsOf, Sync, Type

AT_ONCE = 8
"""Pulls on their way: 160 a second over a round trip of 50 ms, near what is answered; TCP begins with ten."""
WANTS = 3
"""Factories that a pull asks for: the rows of three, ten each, fill a datagram (gossip research 4.5)."""
RETRY_SECONDS = 0.5
"""A long way, and a busy factory."""
KEEP_UP_SECONDS = 1.0
"""As often as factories sync."""
PART_OF_ALLOWANCE = 0.9
"""What is left out keeps two clocks that differ from bringing refusals."""


class Asked(NamedTuple):
    """A PULL on its way."""

    at: float
    fids: tuple[bytes, ...]


class Reading:
    """What is still missing of the table of whom is asked."""

    def __init__(self, core: Core, ask: Callable[[Type, Sync | Pull], None]) -> None:
        """Begin with nothing to ask; `ask` sends a question."""
        self._core = core
        self._ask = ask
        self._membership = Membership(core)
        self._bucket = Bucket(limits.QUESTIONS_PER_SECOND * PART_OF_ALLOWANCE, 1.0, core.now)
        self._missing: dict[bytes, Entry] = {}
        self._asked: list[Asked] = []
        self._whole_listed = False
        self.synced_at: float | None = None
        """When there was last nothing missing."""
        self.next_at = math.inf

    def begin(self) -> None:
        """Begin with somebody new."""
        self._missing.clear()
        self._asked.clear()
        self.next_at = self._core.now

    def hasten(self) -> None:
        """Ask now what would be asked within a second."""
        self.next_at = min(self.next_at, self._core.now)

    def wake(self) -> None:
        """Ask what is due."""
        now = self._core.now
        if self.next_at > now:
            return
        self._asked = [one for one in self._asked if now - one.at < RETRY_SECONDS]
        if not self._missing:
            self._sync()
            return
        while self._pull():
            pass
        self.next_at = now + (RETRY_SECONDS if len(self._asked) >= AT_ONCE else 1 / self._bucket.per_second)

    def hear(self, header: Header) -> None:
        """Note that whom I ask lives."""
        known = self._core.table.by_fid(header.fid)
        if known is not None and known.epoch == header.epoch:
            self._membership.hear(known, header.sequence)

    def on_digest(self, message: Digest) -> None:
        """Note what is missing here."""
        core = self._core
        for evidence in wire.unpack_evidence(message.evidence):
            if (known := core.table.by_fid(evidence.fid)) is not None and not known.itself:
                self._membership.hear_of(known, evidence)
        found = sync.compare(core.table, message, core.excluded)
        self._missing = {one.fid: one for one in found.lacking}
        self._whole_listed = message.whole
        self._go_on()

    def on_rows(self, message: RowsOf) -> None:
        """Take rows."""
        spans.check_all(message.origins)
        for origin in message.origins:
            self._take(origin)
        came = {factory_id(origin.name) for origin in message.origins}
        answered = next((one for one in self._asked if came.intersection(one.fids)), None)
        if answered is not None:
            self._asked.remove(answered)
        self._go_on()

    def _go_on(self) -> None:
        now = self._core.now
        if self._missing:
            self.next_at = now
            return
        if self._whole_listed:
            self.synced_at = now
        self.next_at = now + KEEP_UP_SECONDS if self._whole_listed else now

    def _take(self, origin: Origin) -> None:
        known = self._membership.vouched(origin)
        if known is None:
            self._missing.pop(factory_id(origin.name), None)
            return
        self._membership.learn(known, origin)
        wanted = self._missing.get(known.fid)
        if wanted is not None and (known.epoch, known.version) >= (wanted.epoch, wanted.version):
            del self._missing[known.fid]

    def _sync(self) -> None:
        core = self._core
        others = core.table.others()
        hashes = sync.hashes(others, limits.bucket_count(len(others)))
        after = limits.ASK_AFTER_BEATS * core.table.rhythm.beat_seconds
        late = sorted((one for one in others if one.silence(core.now) > after), key=lambda one: -one.heard_at)
        ask = b"".join(one.fid for one in late[: limits.EVIDENCE_MAX])
        if self._bucket.take(core.now):
            self._ask(Type.SYNC, Sync(sync.pack_hashes(hashes), ask))
        self.next_at = core.now + RETRY_SECONDS

    def _pull(self) -> bool:
        """Ask for the next few; False when there is nobody to ask for now."""
        now = self._core.now
        on_their_way = {fid for one in self._asked for fid in one.fids}
        fids = tuple(fid for fid in self._missing if fid not in on_their_way)[:WANTS]
        if not fids or len(self._asked) >= AT_ONCE or not self._bucket.take(now):
            return False
        self._asked.append(Asked(now, fids))
        self._ask(Type.PULL, Pull(wire.pack_entries([self._want(fid) for fid in fids])))
        return True

    def _want(self, fid: bytes) -> Entry:
        known, missing = self._core.table.by_fid(fid), self._missing[fid]
        same_life = known is not None and known.epoch == missing.epoch
        return Entry(fid, missing.epoch, known.version if known and same_life else 0)
