"""Strangers: addresses whose datagrams no key opens, told to the agent now and then.

Rules of this file: one accusation for each address, by what came last; who speaks well is accused no more.
An address that is no contact is told once it has gone on for a while: who only asked whether somebody
answers (`vacnet peers check`) is gone by then. A warning for each address and reason at most every five
minutes, however many datagrams; a bounded number of addresses, and one warning a second of all of them, so
that forged ones cost nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vacnet.space.address import Address
from vacnet.space.core import Core
from vacnet.space.counters import Reject
from vacnet.space.happenings import WrongKey
from vacnet.space.limits import (
    STRANGER_PATIENCE_SECONDS,
    STRANGER_SECONDS,
    STRANGER_SHOWN_SECONDS,
    STRANGERS_GAP_SECONDS,
    STRANGERS_MAX,
)

UNOPENED = frozenset({Reject.KEY, Reject.TAG})


@dataclass(frozen=True, slots=True)
class Accused:
    """An address of which nothing is taken now."""

    address: Address
    reason: Reject
    ago: float
    """Seconds since its last datagram."""


@dataclass(slots=True)
class Stranger:
    """What came from an address."""

    reason: Reject
    since: float
    last_at: float
    told_at: float = -math.inf
    count: int = 0
    """Since the last warning."""


class Strangers:
    """Counts by address what could not be opened."""

    def __init__(self, core: Core) -> None:
        """Begin with none."""
        self._core = core
        self._strangers: dict[Address, Stranger] = {}
        self._told_at = -math.inf

    def note(self, reason: Reject, address: Address) -> None:
        """Count a reject; warn if it is of this kind and the last warning is old enough."""
        if reason not in UNOPENED:
            return
        now = self._core.now
        stranger = self._strangers.get(address) or self._enter(address, reason)
        if stranger.reason is not reason:
            stranger.reason, stranger.told_at = reason, -math.inf
        stranger.last_at = now
        stranger.count += 1
        if self._is_to_be_told(stranger, address):
            self._told_at = now
            self._core.happen(WrongKey(address, stranger.count, reason))
            stranger.told_at, stranger.count = now, 0

    def well(self, address: Address) -> None:
        """Take back what was said of an address: a key of ours has opened what came from it."""
        self._strangers.pop(address, None)

    def accused(self, now: float) -> tuple[Accused, ...]:
        """Return of whom nothing was taken of late, those told alone."""
        lately = now - STRANGER_SHOWN_SECONDS
        return tuple(
            Accused(address, one.reason, max(0.0, now - one.last_at))
            for address, one in self._strangers.items()
            if one.told_at > -math.inf and one.last_at > lately
        )

    def _is_to_be_told(self, stranger: Stranger, address: Address) -> bool:
        now = self._core.now
        expected = now - stranger.since >= STRANGER_PATIENCE_SECONDS or self._core.contacts.awaits(address)
        rested = now - stranger.told_at >= STRANGER_SECONDS and now - self._told_at >= STRANGERS_GAP_SECONDS
        return expected and rested

    def _enter(self, address: Address, reason: Reject) -> Stranger:
        """Remember an address; the one met longest ago makes room."""
        if len(self._strangers) >= STRANGERS_MAX:
            del self._strangers[next(iter(self._strangers))]
        stranger = self._strangers[address] = Stranger(reason, self._core.now, self._core.now)
        return stranger
