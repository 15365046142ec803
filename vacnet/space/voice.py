"""The voice of somebody who is no factory: seals questions, and opens what comes back.

Rules of this file: a voice has a key, of either role, and nobody's sender id. What it hears has to be under
the same key; whether it is new is for its owner to find out, by the nonce that it echoes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import msgspec

from vacnet.space import limits
from vacnet.space.address import Address
from vacnet.space.counters import Reject
from vacnet.space.keyring import Key
from vacnet.space.outbox import Datagram
from vacnet.space.replay import ReplayWindow
from vacnet.space.seal import NOBODY, Header, Rejected, open_body, read_header, seal
from vacnet.space.wire import Hello, Message, Pull, Query, Sync, Type, decode, encode

Question = Hello | Sync | Pull | Query
HEARD = frozenset({Type.WELCOME, Type.DIGEST, Type.ROWS, Type.ANSWER})
SHORT_BYTES = limits.HELLO_BYTES - limits.DATAGRAM_BYTES_MIN
PADDING_HEAD_BYTES = 2
"""What the head of a byte string grows by when it is longer than 255."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """A factory that has echoed a nonce of mine."""

    name: str
    address: Address
    fid: bytes
    epoch: int
    window: ReplayWindow
    round_trip_seconds: float


class Voice:
    """Seals and opens for one asker."""

    def __init__(self, key: Key) -> None:
        """Take a key of the space."""
        self._key = key
        self._sequence = 0

    def say(self, kind: Type, message: Question, address: Address, *, full: bool = True) -> Datagram:
        """Return a question, with room for the longest answer, or else for that to a HELLO."""
        body = encode(padded(message, limits.BODY_BYTES_MAX if full else SHORT_BYTES))
        self._sequence += 1
        header = Header(kind, self._key.id, NOBODY, 1, self._sequence)
        return Datagram(seal(header, body, self._key.secret), address)

    def hear(self, data: bytes) -> tuple[Header, Message]:
        """Return a message under my key.

        Raises:
            Rejected: it is none.
        """
        header = read_header(data)
        if header.key_id != self._key.id:
            raise Rejected(Reject.KEY)
        body = open_body(data, self._key.secret)
        if header.type not in HEARD:
            raise Rejected(Reject.TYPE)
        return header, decode(header.type, body)


def padded(message: Question, to: int) -> Message:
    """Return the question padded to a body of so many bytes."""
    short = to - len(encode(message)) - PADDING_HEAD_BYTES
    return cast("Message", msgspec.structs.replace(message, padding=bytes(max(0, short))))
