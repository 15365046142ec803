r"""The frame of a datagram: a fixed header, a body, and a tag over both.

    magic 'VN' | version | type | key id | sender | epoch | sequence | body ... | tag
        2          1        1       4        8        4        8                  16   bytes, big-endian

Rules of this file: bytes in, bytes out; nothing is decoded here, and nothing in the body is looked at
before the tag has been found good. Each check has a reason of its own, so that an admin with a wrong key
and one with a damaged network are told different things.

Theory: the tag is keyed BLAKE2b (RFC 7693 section 2.9: a keyed hash that is a MAC by itself, no HMAC
needed), 16 bytes. The key on the wire is never the shared secret: it is derived with the space's name as
salt, so a datagram of another space under the same secret fails its tag, and no label has to travel. The
key id is the start of a plain hash of the secret and only picks a key; it proves nothing. What travels
(counts, target names) needs integrity, not secrecy.

Sources: RFC 7693 (BLAKE2), RFC 8085 (UDP usage), RFC 9000 section 14 (datagram size).
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import Final, NamedTuple

from vacnet.space.counters import Reject
from vacnet.space.limits import DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MIN, HEADER_BYTES, TAG_BYTES

MAGIC: Final = b"VN"
VERSION: Final = 1
"""Of frame and messages. Additions need no new one: unknown trailing fields and types are ignored."""
NOBODY: Final = bytes(8)
"""The sender id of those who only ask and are no factory, whatever their key."""
_FRAME: Final = struct.Struct(">2sBB4s8sIQ")


class Rejected(Exception):  # noqa: N818 - a verdict on a datagram, not an error of the program
    """A datagram is not taken; `reason` says why."""

    def __init__(self, reason: Reject) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class Header(NamedTuple):
    """Who speaks: `fid` is the hash of the sender's name, `sequence` only rises within an `epoch`."""

    type: int
    key_id: bytes
    fid: bytes
    epoch: int
    sequence: int


def factory_id(name: str) -> bytes:
    """Return the 8 bytes that stand for a factory's name."""
    return hashlib.blake2b(name.encode(), digest_size=8, person=b"vacnet-name").digest()


def key_id(secret: bytes) -> bytes:
    """Return the 4 bytes by which a receiver picks a key: the start of BLAKE2b of the secret."""
    return hashlib.blake2b(secret).digest()[:4]


def derive(secret: bytes, space: str) -> bytes:
    """Return the 32-byte key under which this space seals with this secret."""
    salt = hashlib.blake2b(space.encode(), digest_size=16, person=b"vacnet-space").digest()
    return hashlib.blake2b(b"", digest_size=32, key=secret, salt=salt, person=b"vacnet-v1").digest()


def seal(header: Header, body: bytes, key: bytes) -> bytes:
    """Return the datagram: header, body and tag."""
    head = _FRAME.pack(MAGIC, VERSION, *_fields(header))
    return head + body + _tag(head + body, key)


def read_header(data: bytes) -> Header:
    """Return the header of a datagram of the right length, magic and version.

    Raises:
        Rejected: it has not.
    """
    if (reason := fault(data)) is not None:
        raise Rejected(reason)
    return header_of(data)


def header_of(data: bytes) -> Header:
    """Return the header of a datagram that has no `fault`."""
    return Header(*_FRAME.unpack_from(data)[2:])


def fault(data: bytes) -> Reject | None:
    """Return why these bytes are no datagram of this protocol's version, which costs a flood the least."""
    if not DATAGRAM_BYTES_MIN <= len(data) <= DATAGRAM_BYTES_MAX:
        return Reject.LENGTH
    if data[:2] != MAGIC:
        return Reject.MAGIC
    return None if data[2] == VERSION else Reject.VERSION


def open_body(data: bytes, key: bytes) -> bytes:
    """Return the body of a datagram whose tag is good.

    Raises:
        Rejected: the tag is not good.
    """
    if not hmac.compare_digest(_tag(data[:-TAG_BYTES], key), data[-TAG_BYTES:]):
        raise Rejected(Reject.TAG)
    return data[HEADER_BYTES:-TAG_BYTES]


def _fields(header: Header) -> tuple[int, bytes, bytes, int, int]:
    return header.type, header.key_id, header.fid, header.epoch, header.sequence


def _tag(data: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=TAG_BYTES, key=key).digest()
