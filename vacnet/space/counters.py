"""What gossip counts, for metrics and for tests; plain numbers that only grow."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field


class Reject(enum.StrEnum):
    """Why a datagram was not taken, in the order in which it is checked."""

    LENGTH = "length"
    MAGIC = "magic"
    VERSION = "version"
    KEY = "key"
    """No key of the ring has this id."""
    TAG = "tag"
    """Forged, damaged, or of another space."""
    TYPE = "type"
    """Of a later release: ignored."""
    ROLE = "role"
    """The key may not say this."""
    EXCLUDED = "excluded"
    ITSELF = "itself"
    """An own datagram that came back, or one of a twin that proves nothing."""
    EPOCH = "epoch"
    """Of an earlier life of its sender."""
    SEQUENCE = "sequence"
    """Seen before, or too old to tell."""
    UNPROVEN = "unproven"
    """Its sender has not yet echoed a nonce of mine from where it came; it is asked to."""
    DECODE = "decode"
    """Genuine, but no message of the protocol, or beyond its bounds."""
    NAME = "name"
    """The name in it is not its sender's."""
    ECHO = "echo"
    """The nonce it echoes was never sent, or long ago."""
    RATE = "rate"
    """A question too many, of its address or of all; or a greeting too many of those who are not linked."""
    FULL = "full"
    """A bound of the table is reached."""


@dataclass(slots=True)
class Counters:
    """Numbers since the start of this factory."""

    datagrams_sent: int = 0
    bytes_sent: int = 0
    datagrams_received: int = 0
    bytes_received: int = 0
    datagrams_dropped: int = 0
    """Own ones that found the queue full."""
    rejects: Counter[Reject] = field(default_factory=Counter)
