"""The table: what this factory knows of every factory of the space, itself included.

Rules of this file: state and views of it; who may change it and when is `spans` (rows), `evidence`
(liveness) and `gossip` (trust). Whatever stands here has proved itself: a factory is added only when it
has echoed a nonce of mine or when a member that did so vouches for it.

Liveness is derived, never stored and never told as an accusation: a factory is as old as the last
datagram of its own that anybody heard. Three beats of silence make it silent, a day makes it forgotten;
goodbye makes it departed at once. There are no tombstones, so there is nothing to resurrect.

`version` is contiguous: of every row whose newest version is at most it, the newest is here, and no other.
So what is known of a factory is a function of (epoch, version), whoever knows it, and those two are all
that has to be compared.

When a factory starts anew (a higher epoch), the rows of its last life stay as leftovers until the new
ones are complete: its machines did not vanish for the moment that the rows need to arrive.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field

import msgspec

from vacnet.space import coding, limits
from vacnet.space.address import Address
from vacnet.space.kept import Kept
from vacnet.space.link import Link
from vacnet.space.namesake import Namesake
from vacnet.space.rows import FactoryRow, TargetRow
from vacnet.space.seal import factory_id
from vacnet.space.wire import WireTarget, encode


class Liveness(enum.StrEnum):
    """What silence means."""

    LIVE = "live"
    SILENT = "silent"
    DEPARTED = "departed"
    FORGOTTEN = "forgotten"


@dataclass(slots=True)
class Rhythm:
    """The beat of the space, shared by all entries of a table: it depends on their number."""

    beat_seconds: float = 5.0

    @property
    def live_seconds(self) -> float:
        """Return the silence that ends liveness."""
        return limits.LIVE_BEATS * self.beat_seconds


@dataclass(slots=True, eq=False)
class Known:
    """A factory as it is known here; times are seconds on my clock."""

    name: str
    fid: bytes
    rhythm: Rhythm
    row: FactoryRow
    heard_at: float
    """The latest moment at which it certainly lived, as far as is known here."""
    itself: bool = False
    epoch: int = 0
    version: int = 0
    """Up to which all rows of `epoch` are here."""
    latest: int = 0
    """The highest version it was heard to have."""
    counter: int = 0
    """The highest sequence number of its own datagrams: only it can raise this."""
    address: Address | None = None
    departed_at: float | None = None
    row_version: int = 0
    targets: Kept = field(default_factory=Kept)
    versions: dict[str, int] = field(default_factory=dict)
    """Of each target's row; a leftover of an earlier epoch has none."""
    link: Link | None = None
    """Proof that it receives and that I hear it; None: known by hearsay only."""
    namesake: Namesake | None = None
    """Another life of its name that proved itself; None: there was none."""
    shown: Liveness = Liveness.FORGOTTEN
    """Liveness that was told last."""
    pulled_at: float = -1e9
    _mark: tuple[int, int, int] = (-1, -1, 0)
    _contents: dict[str, tuple[TargetRow, bytes]] = field(default_factory=dict)

    def silence(self, now: float) -> float:
        """Return seconds since it certainly lived; 0 for this factory itself."""
        return 0.0 if self.itself else max(0.0, now - self.heard_at)

    def liveness(self, now: float) -> Liveness:
        """Return what its silence means now; asked of all, every second, so it calls nothing."""
        silence = 0.0 if self.itself else now - self.heard_at
        if silence > limits.FORGET_SECONDS:
            return Liveness.FORGOTTEN
        if self.departed_at is not None:
            return Liveness.DEPARTED
        beats = limits.LIVE_BEATS * self.rhythm.beat_seconds
        return Liveness.LIVE if silence < beats else Liveness.SILENT

    def namesake_at(self, now: float) -> Address | None:
        """Return where a second factory of its name runs now; None: none is known."""
        other = self.namesake
        if other is None or self.liveness(now) is not Liveness.LIVE:
            return None
        return other.address if other.runs_beside(self.address, self.heard_at, now) else None

    def counts(self, now: float) -> bool:
        """Return whether what it runs and holds still counts."""
        if self.departed_at is not None:
            return now - self.departed_at < limits.DEPARTED_COUNTED_SECONDS
        return self.liveness(now) is not Liveness.FORGOTTEN

    def mark(self) -> int:
        """Return the 64 bits that stand for (factory, epoch, version) in a bucket's hash."""
        epoch, version, mark = self._mark
        if version != self.version or epoch != self.epoch:
            key = self.fid + self.epoch.to_bytes(4, "big") + self.version.to_bytes(4, "big")
            mark = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
            self._mark = self.epoch, self.version, mark
        return mark

    def contents(self) -> tuple[object, ...]:
        """Return all of it that is no time and no local knowledge, as every holder should have it.

        Leftovers are not: who never knew the last life cannot learn of it any more.
        """
        row = self.row if self.row_version else FactoryRow(name=self.name)
        factory = coding.factory_to_wire(row, 1, None, 0.0)
        return (
            (self.name, self.epoch, self.version, self.departed_at is not None),
            msgspec.structs.replace(factory, deadline_in=None),
            [self._content(self.targets[target]) for target in sorted(self.versions)],
        )

    def _content(self, row: TargetRow) -> bytes:
        """Return a row without times, encoded; kept, because checkers ask for all of them every second."""
        kept, content = self._contents.get(row.target, (None, b""))
        if kept is not row:
            content = encode(timeless(coding.target_to_wire(row, 1, 0.0)))
            self._contents[row.target] = row, content
        return content


def timeless(wire: WireTarget) -> WireTarget:
    """Return a row without its ages, which each holder knows in its own way; what never was stays so."""
    ages = {name: None if getattr(wire, name) is None else 0 for name in coding.AGES}
    window = msgspec.structs.replace(wire.window, age=0)
    hold = None if wire.hold is None else msgspec.structs.replace(wire.hold, age=0)
    return msgspec.structs.replace(wire, window=window, hold=hold, **ages)


class Table:
    """All factories by name, this one (`me`) among them; the order is the order of meeting."""

    def __init__(self, row: FactoryRow, epoch: int, now: float) -> None:
        """Begin with this factory alone."""
        self.rhythm = Rhythm()
        self.me = Known(row.name, factory_id(row.name), self.rhythm, row, now, itself=True, epoch=epoch)
        self.me.shown = Liveness.LIVE
        self.factories: dict[str, Known] = {row.name: self.me}
        self._by_fid: dict[bytes, Known] = {self.me.fid: self.me}

    def by_fid(self, fid: bytes) -> Known | None:
        """Return the factory whose name has this hash."""
        return self._by_fid.get(fid)

    def add(self, name: str, epoch: int, heard_at: float) -> Known | None:
        """Return a new entry without rows; None when the table is full."""
        if len(self.factories) >= limits.FACTORIES_MAX:
            return None
        known = Known(name, factory_id(name), self.rhythm, FactoryRow(name=name), heard_at, epoch=epoch)
        self.factories[name] = self._by_fid[known.fid] = known
        return known

    def remove(self, name: str) -> None:
        """Forget a factory that is not this one."""
        del self._by_fid[self.factories.pop(name).fid]

    def live(self, now: float) -> list[Known]:
        """Return the factories that live, this one always among them."""
        return [known for known in self.factories.values() if known.liveness(now) is Liveness.LIVE]

    def counted(self, now: float) -> list[Known]:
        """Return the factories whose machines and tickets count: live, silent, departed of late."""
        return [known for known in self.factories.values() if known.counts(now)]

    def others(self) -> list[Known]:
        """Return all factories but this one."""
        return [known for known in self.factories.values() if not known.itself]

    def keep_time(self) -> None:
        """Set the beat by the number of factories that have not departed."""
        staying = sum(known.departed_at is None for known in self.factories.values())
        self.rhythm.beat_seconds = limits.beat_seconds(staying)

    def fingerprint(self) -> bytes:
        """Return a hash over all contents without times: equal tables, equal bytes."""
        contents = [known.contents() for _, known in sorted(self.factories.items())]
        return hashlib.blake2b(encode(contents), digest_size=16).digest()
