"""A window: the value by which a space agrees when a target may next be probed.

Rules of this file: a `Window` is copied by every factory into its own row; merging is a pure
function of two of them; nothing here knows who may open one (that is `decide`).

Theory: the order is total, so merging is commutative, associative and idempotent and the value
spreads like a maximum. A higher number wins; of two openers of one number the smaller hash wins,
so that both sides of a race settle on the same; of two copies of one window the greater age wins,
because an age that travelled is a lower bound of the true one. `open` and the mending of length
and streak after a split only ever go one way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import msgspec
from msgspec.structs import replace

NEVER_TRIED = ""
"""The opener of window 0: nobody."""


class Window(msgspec.Struct, frozen=True, gc=False):
    """One back-off window of a target, times in seconds on the holder's own monotonic clock."""

    number: int
    opener: str
    """Name of the factory that opened it."""
    opened_at: float
    """Holder's clock minus the age: the earliest estimate seen."""
    length_seconds: float
    streak: int
    """Windows in a row that ended without a proof, this one included."""
    open: bool = False

    @property
    def identity(self) -> tuple[int, str]:
        """Return what tickets, proofs, noworks and claims refer to."""
        return self.number, self.opener

    def ends_at(self) -> float:
        """Return the holder's time at which back-off ends."""
        return self.opened_at + self.length_seconds

    def age(self, now: float) -> float:
        """Return seconds since it was opened, as far as the holder knows."""
        return max(0.0, now - self.opened_at)


def never_tried(now: float) -> Window:
    """Return window 0 of a target nobody has tried: already over."""
    return Window(number=0, opener=NEVER_TRIED, opened_at=now, length_seconds=0.0, streak=0)


@lru_cache(maxsize=4096)
def window_hash(target: str, number: int, opener: str) -> int:
    """Return the 64-bit hash that settles two windows of one number: the smaller wins."""
    name = f"{target}\0{number}\0{opener}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8, person=b"vacnet-window").digest(), "big")


def merge(target: str, ours: Window, theirs: Window) -> Window:
    """Return the window that stands after two copies met; see the essay above for the order."""
    if ours.identity == theirs.identity:
        return _merge_copies(ours, theirs)
    return max(ours, theirs, key=lambda w: (w.number, -window_hash(target, w.number, w.opener)))


def merged(target: str, windows: Sequence[Window]) -> Window:
    """Return the window that stands after all of these met, one at least; the same as to `merge` them all."""
    number = max([window.number for window in windows])
    newest = [window for window in windows if window.number == number]
    openers = {window.opener for window in newest}
    opener = min(openers, key=lambda opener: window_hash(target, number, opener))
    copies = newest if len(openers) == 1 else [window for window in newest if window.opener == opener]
    return Window(
        number=number,
        opener=opener,
        opened_at=min([copy.opened_at for copy in copies]),
        length_seconds=min([copy.length_seconds for copy in copies]),
        streak=min([copy.streak for copy in copies]),
        open=True in [copy.open for copy in copies],
    )


def _merge_copies(ours: Window, theirs: Window) -> Window:
    if _adds_nothing(ours, theirs):  # almost always: copies of one window meet with every row
        return ours
    return replace(
        ours,
        opened_at=min(ours.opened_at, theirs.opened_at),
        length_seconds=min(ours.length_seconds, theirs.length_seconds),
        streak=min(ours.streak, theirs.streak),
        open=ours.open or theirs.open,
    )


def _adds_nothing(ours: Window, theirs: Window) -> bool:
    """Tell whether a copy says nothing that ours does not."""
    return (
        theirs.opened_at >= ours.opened_at
        and theirs.length_seconds >= ours.length_seconds
        and theirs.streak >= ours.streak
        and (ours.open or not theirs.open)
    )
