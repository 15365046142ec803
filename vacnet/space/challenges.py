"""Challenges: nonces sent out, each with the address it went to.

Rules of this file: an echo proves that whoever holds the key received at that address, just now. That is
all the trust there is: a recording cannot do it, nor can a sender with a forged address. Nonces are
64 bits from the generator that was passed in; nobody without the key can echo one, so they need only not
repeat.

Sources: RFC 9000 sections 8.1 and 8.2 (address and path validation).
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from vacnet.space.address import Address
from vacnet.space.limits import CHALLENGE_GAP_SECONDS, CHALLENGED_MAX, ECHO_SECONDS, NONCES_MAX


class Sent(NamedTuple):
    """Where and when a nonce went."""

    address: Address
    at: float


class Challenges:
    """The nonces that may come back."""

    def __init__(self, rng: Random) -> None:
        """Begin with none."""
        self._rng = rng
        self._sent: dict[int, Sent] = {}
        self._asked: dict[Address, float] = {}

    def make(self, address: Address, now: float) -> int:
        """Return a new nonce for an address; the oldest one makes room."""
        nonce = self._rng.getrandbits(64) or 1
        _bound(self._sent, NONCES_MAX)
        self._sent[nonce] = Sent(address, now)
        return nonce

    def take(self, nonce: int, now: float) -> Sent | None:
        """Return where an echoed nonce went, once; None when it never went or long ago."""
        sent = self._sent.pop(nonce, None)
        return sent if sent is not None and now - sent.at <= ECHO_SECONDS else None

    def permits(self, address: Address, now: float) -> bool:
        """Return whether a stranger at this address may be asked again, and note that it is."""
        if now - self._asked.get(address, -1e9) < CHALLENGE_GAP_SECONDS:
            return False
        self._asked.pop(address, None)
        _bound(self._asked, CHALLENGED_MAX)
        self._asked[address] = now
        return True


def _bound(kept: dict[int, Sent] | dict[Address, float], most: int) -> None:
    if len(kept) >= most:
        del kept[next(iter(kept))]  # type: ignore[arg-type] # the first key of whichever it is
