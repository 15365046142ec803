"""Bucket hashes: how two tables are compared in one datagram, whatever their size.

Rules of this file: pure functions of tables. A factory's bucket is the first byte of its id modulo the
number of buckets; a bucket's hash is the XOR of 64-bit marks of (factory, epoch, version). Counters and
ages are not in it: they differ everywhere and always. All that is in the table is: silent factories too,
because what they run still counts. The answer lists what the answerer holds in some of the buckets that
differ, chosen at random, so that a bucket that always differs (somebody excludes a factory) cannot keep
the others from being repaired.

Theory: one round of range-based set reconciliation (Meyer, arXiv 2212.13567) with fixed ranges: with few
differences, as push leaves them, one round finds all. Merkle trees and Bloom filters save nothing here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from vacnet.space.counters import Reject
from vacnet.space.limits import BUCKETS, BUCKETS_LARGE, ENTRIES_MAX
from vacnet.space.seal import Rejected
from vacnet.space.table import Known, Table
from vacnet.space.wire import Digest, Entry, unpack_entries


def bucket_of(fid: bytes, count: int) -> int:
    """Return the bucket of a factory."""
    return fid[0] % count


def hashes(factories: Iterable[Known], count: int) -> list[int]:
    """Return the hash of each bucket."""
    buckets = [0] * count
    for known in factories:
        buckets[known.fid[0] % count] ^= known.mark()  # bucket_of, without a call for each
    return buckets


def pack_hashes(buckets: list[int]) -> bytes:
    """Return the hashes as 8 bytes each."""
    return struct.pack(f">{len(buckets)}Q", *buckets)


def unpack_hashes(data: bytes) -> list[int]:
    """Return 64 or 128 hashes.

    Raises:
        Rejected: it is another number of them.
    """
    if len(data) not in {8 * BUCKETS, 8 * BUCKETS_LARGE}:
        raise Rejected(Reject.DECODE)
    return list(struct.unpack(f">{len(data) // 8}Q", data))


@dataclass(slots=True)
class Listing:
    """What a DIGEST says of the buckets that differ."""

    covered: list[int]
    entries: list[Entry]
    whole: bool

    def bitmap(self, count: int) -> bytes:
        """Return the covered buckets as bits, the lowest first."""
        bits = sum(1 << bucket for bucket in self.covered)
        return bits.to_bytes(count // 8, "little")


def listing(table: Table, theirs: list[int], rng: Random) -> Listing:
    """Return what this table holds where theirs differs, as much as one datagram takes."""
    count = len(theirs)
    mine = hashes(table.factories.values(), count)
    differing = [bucket for bucket in range(count) if mine[bucket] != theirs[bucket]]
    rng.shuffle(differing)
    held = _by_bucket(table, count, frozenset(differing))
    found = Listing([], [], whole=True)
    for bucket in differing:
        if len(found.entries) + len(held[bucket]) > ENTRIES_MAX:
            found.whole = False
            break
        found.entries += held[bucket]
        found.covered.append(bucket)
    if differing and not found.covered:
        found.entries = rng.sample(held[differing[0]], ENTRIES_MAX)
    return found


def _by_bucket(table: Table, count: int, wanted: frozenset[int]) -> dict[int, list[Entry]]:
    held: dict[int, list[Entry]] = {bucket: [] for bucket in wanted}
    for known in table.factories.values():
        if (bucket := bucket_of(known.fid, count)) in wanted:
            held[bucket].append(entry(known))
    return held


def entry(known: Known) -> Entry:
    """Return what is held of a factory."""
    return Entry(known.fid, known.epoch, known.version)


@dataclass(slots=True)
class Difference:
    """What to do about a DIGEST."""

    lacking: list[Entry] = field(default_factory=list)
    """What the other holds and I do not, as it holds it."""
    ahead: list[tuple[Known, int]] = field(default_factory=list)
    """What I hold and the other does not, and from which version."""


def compare(table: Table, digest: Digest, excluded: frozenset[bytes]) -> Difference:
    """Return how this table differs from what the digest lists."""
    found = Difference()
    theirs = [one for one in unpack_entries(digest.entries) if one.fid not in excluded]
    for one in theirs:
        _place(table.by_fid(one.fid), one, found)
    listed = {one.fid for one in theirs}
    covered = int.from_bytes(digest.buckets, "little")
    count = 8 * len(digest.buckets)
    for known in table.factories.values():
        if known.fid not in listed and count and covered >> bucket_of(known.fid, count) & 1:
            found.ahead.append((known, 0))
    return found


def _place(known: Known | None, theirs: Entry, found: Difference) -> None:
    here = (known.epoch, known.version) if known else (-1, 0)
    there = (theirs.epoch, theirs.version)
    if known is not None and here > there:
        found.ahead.append((known, theirs.version if theirs.epoch == known.epoch else 0))
    elif here < there and (known is None or not known.itself):
        found.lacking.append(theirs)
