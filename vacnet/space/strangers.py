"""Strangers: addresses whose datagrams no key opens, told to the agent now and then.

Rules of this file: a warning for each address and reason at most every five minutes, however many datagrams;
a bounded number of addresses, and one warning a second of all of them, so that forged ones cost nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vacnet.space.address import Address
from vacnet.space.core import Core
from vacnet.space.counters import Reject
from vacnet.space.happenings import WrongKey
from vacnet.space.limits import STRANGER_SECONDS, STRANGERS_GAP_SECONDS, STRANGERS_MAX

UNOPENED = frozenset({Reject.KEY, Reject.TAG})


@dataclass(slots=True)
class Stranger:
    """What came from an address since the last warning."""

    told_at: float
    count: int = 0


class Strangers:
    """Counts by address what could not be opened."""

    def __init__(self, core: Core) -> None:
        """Begin with none."""
        self._core = core
        self._strangers: dict[tuple[Address, Reject], Stranger] = {}
        self._told_at = -math.inf

    def note(self, reason: Reject, address: Address) -> None:
        """Count a reject; warn if it is of this kind and the last warning is old enough."""
        if reason not in UNOPENED:
            return
        now = self._core.now
        stranger = self._strangers.get((address, reason)) or self._enter(address, reason)
        stranger.count += 1
        if now - stranger.told_at >= STRANGER_SECONDS and now - self._told_at >= STRANGERS_GAP_SECONDS:
            self._told_at = now
            self._core.happen(WrongKey(address, stranger.count, reason))
            stranger.told_at, stranger.count = now, 0

    def _enter(self, address: Address, reason: Reject) -> Stranger:
        """Remember an address; the one met longest ago makes room."""
        if len(self._strangers) >= STRANGERS_MAX:
            del self._strangers[next(iter(self._strangers))]
        stranger = self._strangers[address, reason] = Stranger(self._core.now - STRANGER_SECONDS)
        return stranger
