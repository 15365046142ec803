"""Who is known, from where and under which key."""

from __future__ import annotations

import msgspec

from vacnet.factory.messages.schema import SCHEMA


class PeerState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a configured or met peer."""

    name: str
    """As written in the peers file, or the factory's name."""
    configured: bool
    address: str
    state: str
    heard_seconds: float | None
    note: str
    factory: str = ""
    """Name of the factory that was heard there; empty: none."""
    version: str = ""
    """Of its software."""
    key: str = ""
    """Id of the key under which it spoke last; empty: it was never heard directly."""
    round_trip_seconds: float | None = None
    """Of the last question that it answered."""
    delay_seconds: float | None = None
    """How long its news take to come here: half the round trip, which is right where both ways are alike."""
    rows_missing: int = 0
    """Of its changes that were heard of and are not here yet."""
    flags: tuple[str, ...] = ()
    """`conflict`: two running factories bear its name."""


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the ring that the factory has read; never the secret itself."""

    id: str
    """8 hexadecimal digits, as every datagram under this key bears them."""
    role: str
    """`member` or `observe`."""
    seals: bool
    """What this factory says is sealed with it."""
    peers: tuple[str, ...]
    """Live factories that spoke under it last."""


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/peers`."""

    schema: int = SCHEMA
    factory: str
    time: float
    peers: tuple[PeerState, ...]
    keys: tuple[KeyState, ...] = ()
    """In the order of the key file."""
    warnings: tuple[str, ...] = ()
    """Of whom nothing is taken, and why: a wrong key, another space."""
