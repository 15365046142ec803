"""The gate: everything that is checked of a datagram before a byte of its body is decoded.

Rules of this file: the cheap checks first (length, magic, version, key id: under a microsecond for
junk), then the tag, then what the sender may say, then whether it is who it was and this is new. Only a
greeting passes from somebody who has not proved itself; everything else of a stranger is not taken, not
even kept: a recording played to a factory that has just started would bring rows with wrong ages. The
stranger is challenged instead, and its rows are pulled one round trip later, when they are known to be
of today. A challenge is never longer than what called for it.

A greeting may be of any epoch and number: a factory whose record was lost begins low, and has to be told;
what a greeting brings about hangs on a nonce, so replaying one is no use. A QUERY likewise: nothing is
learnt from it, and its answer is no longer. What comes under an observer's key is a question, whoever it
says it is from: it never touches what is known of a factory. So is what comes from nobody (a sender id of
zeros) under any key: who may be a member may as well just look.

A sender's sequence number is spent only where it is taken: else an eavesdropper could shut out a
datagram by sending a copy of it from elsewhere first.
"""

from __future__ import annotations

import msgspec

from vacnet.space import limits
from vacnet.space.address import Address
from vacnet.space.core import Core
from vacnet.space.counters import Reject
from vacnet.space.keyring import Key, Role
from vacnet.space.link import Link
from vacnet.space.seal import NOBODY, Header, Rejected, header_of, open_body
from vacnet.space.table import Known
from vacnet.space.wire import SHAPES, Type

GREETINGS = frozenset({Type.HELLO, Type.WELCOME, Type.QUERY, Type.ANSWER})
"""What may be said before anything is proved."""
QUESTIONS = frozenset({Type.HELLO, Type.SYNC, Type.PULL, Type.QUERY})
"""What may be said by who only asks; a member may say all there is."""


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A genuine datagram: who sent it, from where, and whether that is proved."""

    header: Header
    key: Key
    address: Address
    length: int
    known: Known | None
    """The factory of that name, of whatever epoch."""
    link: Link | None
    """Set: it is new, of the epoch known, and comes from an address that was proved."""

    @property
    def own_room(self) -> int:
        """Return how long its own body is."""
        return self.length - limits.DATAGRAM_BYTES_MIN

    @property
    def room(self) -> int:
        """Return how long the body of an answer may be."""
        return limits.BODY_BYTES_MAX if self.link else self.own_room

    @property
    def observing(self) -> bool:
        """Return whether it is of somebody who only asks."""
        return self.key.role is Role.OBSERVE or self.header.fid == NOBODY

    @property
    def greeting(self) -> bool:
        """Return whether it may come from somebody unproved."""
        return self.header.type in GREETINGS


class Unproven(Rejected):
    """A datagram of a sender that has to prove itself first."""

    def __init__(self, reason: Reject, arrival: Arrival) -> None:
        """Keep the arrival, so that its sender can be challenged."""
        super().__init__(reason)
        self.arrival = arrival


def admit(core: Core, data: bytes, address: Address) -> tuple[Arrival, bytes]:
    """Return a datagram without `fault` that may be decoded, and its body.

    Raises:
        Unproven: its sender has to be challenged.
        Rejected: it is not taken.
    """
    header = header_of(data)
    if (key := core.keys.find(header.key_id)) is None:
        raise Rejected(Reject.KEY)
    body = open_body(data, key.secret)
    _check_permission(core, header, key)
    arrival = _arrival(core, header, key, address, len(data))
    if (link := arrival.link) is not None:
        link.window.take(header.sequence)
        link.key_id = key.id
    elif not arrival.observing:
        _check_sender(arrival)
    return arrival, body


def _check_permission(core: Core, header: Header, key: Key) -> None:
    if header.type not in SHAPES:
        raise Rejected(Reject.TYPE)
    asks_only = key.role is Role.OBSERVE or header.fid == NOBODY
    if asks_only and header.type not in QUESTIONS:
        raise Rejected(Reject.ROLE)
    if header.fid in core.excluded:
        raise Rejected(Reject.EXCLUDED)


def _arrival(core: Core, header: Header, key: Key, address: Address, length: int) -> Arrival:
    if key.role is Role.OBSERVE:
        return Arrival(header, key, address, length, None, None)
    known = core.table.by_fid(header.fid)
    link = known.link if known is not None and known.epoch == header.epoch else None
    proved = link is not None and address in link.sources and link.window.takes(header.sequence)
    return Arrival(header, key, address, length, known, link if proved else None)


def _check_sender(arrival: Arrival) -> None:
    """Let a greeting pass from who is not proved; anything else is not taken, and this says why."""
    header, known = arrival.header, arrival.known
    if header.epoch > limits.EPOCH_MAX:
        raise Rejected(Reject.EPOCH)
    if arrival.greeting:
        return
    if known is not None and known.itself:
        raise Rejected(Reject.ITSELF)
    if known is not None and header.epoch < known.epoch:
        raise Unproven(Reject.EPOCH, arrival)
    if known is not None and known.link is not None and _was_seen(known.link, header, known.epoch):
        raise Rejected(Reject.SEQUENCE)
    raise Unproven(Reject.UNPROVEN, arrival)


def _was_seen(link: Link, header: Header, epoch: int) -> bool:
    return header.epoch == epoch and not link.window.takes(header.sequence)
