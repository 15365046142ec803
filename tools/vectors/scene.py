"""The fixed names, keys and numbers of the vectors, and how they seal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vacnet.space.seal import Header, derive, factory_id, key_id, seal

SPACE: Final = "vac01.example.org"
MEMBER: Final = bytes(range(32))
NEXT: Final = bytes(range(32, 64))
OBSERVE: Final = bytes(range(64, 96))
STRANGE: Final = bytes(range(96, 128))
KEYS: Final = (("member", MEMBER), ("member", NEXT), ("observe", OBSERVE))
"""The ring of the receiver."""

RECEIVER: Final = "factory1.example.org"
RECEIVER_EPOCH: Final = 1_700_000_000
RECEIVER_INSTANCE: Final = b"receiver"
EXCLUDED: Final = "factory9.example.org"
NONCES: Final = tuple(0x1111_1111_1111_1111 * number for number in range(1, 9))
"""What the receiver draws, one after the other; the first goes to its only peer."""

SENDER: Final = "factory2.example.org"
SENDER_EPOCH: Final = 1_700_000_100
SENDER_INSTANCE: Final = b"sender.2"
SENDER_ADDRESS: Final = ("192.0.2.2", 8885)
OTHER_ADDRESS: Final = ("192.0.2.3", 8885)
FIRST_SEQUENCE: Final = 1000
"""Of the WELCOME that proves the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who seals a datagram, and with what."""

    name: str = SENDER
    epoch: int = SENDER_EPOCH
    secret: bytes = MEMBER
    space: str = SPACE

    def says(self, kind: int, sequence: int, body: bytes | list[Any]) -> bytes:
        """Return a datagram of an encoded body or of its fields."""
        encoded = body if isinstance(body, bytes) else msgspec.msgpack.encode(body)
        header = Header(kind, key_id(self.secret), factory_id(self.name), self.epoch, sequence)
        return seal(header, encoded, derive(self.secret, self.space))


def plain(value: Any) -> Any:
    """Return a value as it stands in a file: bytes as hexadecimal, great integers as decimal text."""
    match value:
        case bytes():
            return value.hex()
        case bool():
            return value
        case int() if value >= 1 << 53:
            return str(value)
        case list() | tuple():
            return [plain(one) for one in value]
    return value
