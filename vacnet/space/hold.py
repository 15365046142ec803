"""A hold: the value by which a space agrees that nothing is made of a target, because somebody said so.

Rules of this file: like a window (`window`), a `Hold` is copied by every factory into its own row, and
merging is a pure function of two of them. Holding and letting go are the same thing: a new value of a
higher number. So a release reaches whoever was away while the hold lasted, and no old copy undoes it.

Theory: the order is total, so merging is commutative, associative and idempotent. A higher number wins; of
two authors of one number the smaller hash; of two copies of one the greater age, and of two that differ
in what they say, which no author makes, the one that holds and whose words are greater.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import msgspec
from msgspec.structs import replace


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Whether a target is held in the whole space, times in seconds on the holder's own monotonic clock."""

    number: int = 0
    """0: nobody ever held it."""
    author: str = ""
    """Name of the factory on which it was said."""
    at: float = 0.0
    """Holder's clock minus the age: the earliest estimate seen."""
    held: bool = False
    reason: str = ""

    @property
    def identity(self) -> tuple[int, str]:
        """Return what makes two copies copies of the same."""
        return self.number, self.author


NEVER_HELD = Hold()


@lru_cache(maxsize=4096)
def hold_hash(target: str, number: int, author: str) -> int:
    """Return the 64-bit hash that settles two holds of one number: the smaller wins."""
    name = f"{target}\0{number}\0{author}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8, person=b"vacnet-hold").digest(), "big")


def merge(target: str, ours: Hold, theirs: Hold) -> Hold:
    """Return the hold that stands after two met; see the essay above for the order."""
    if ours.identity != theirs.identity:
        return max(ours, theirs, key=lambda one: (one.number, -hold_hash(target, one.number, one.author)))
    said = max(ours, theirs, key=lambda one: (one.held, one.reason))
    return said if said.at <= min(ours.at, theirs.at) else replace(said, at=min(ours.at, theirs.at))


def next_hold(before: Hold, author: str, reason: str, *, held: bool, now: float) -> Hold:
    """Return what `author` says after `before`."""
    return Hold(before.number + 1, author, now, held, reason)
