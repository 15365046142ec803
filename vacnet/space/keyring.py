"""The keys of a space: who may say what, and which key opens a datagram.

Rules of this file: the first member key seals; any key opens what bears its id. So a rotation is three
edits with no gap: add the new key behind the old everywhere, put it first everywhere, take the old away.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from vacnet.space.seal import derive, key_id

SECRET_BYTES = 32
"""256 bits, as WireGuard's keys; BLAKE2b takes up to 64 (RFC 7693)."""


class Role(enum.StrEnum):
    """What the holder of a key may do."""

    MEMBER = "member"
    OBSERVE = "observe"
    """May only ask: it never becomes a row."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of this space, derived; the shared secret is not kept."""

    id: bytes
    role: Role
    secret: bytes

    def __repr__(self) -> str:
        """Return text without the secret."""
        return f"Key({self.id.hex()}, {self.role})"


class KeyRing:
    """The keys of one space in the order of the key file."""

    def __init__(self, keys: Sequence[tuple[str, bytes]], space: str) -> None:
        """Derive the keys of `space` from `(role, 32-byte secret)`; the first of an id stands.

        Raises:
            ValueError: a role is unknown or a secret is not 32 bytes.
        """
        if any(len(secret) != SECRET_BYTES for _, secret in keys):
            raise ValueError(f"a key is {SECRET_BYTES} random bytes")
        ring = [Key(key_id(secret), Role(role), derive(secret, space)) for role, secret in keys]
        self._by_id = {key.id: key for key in reversed(ring)}
        self.keys = tuple(ring)
        """In the order of the file."""
        self.sealing = next((key for key in ring if key.role is Role.MEMBER), None)
        """The key that seals what this factory says; None: it can only be silent."""

    def find(self, wanted: bytes) -> Key | None:
        """Return the key with this id."""
        return self._by_id.get(wanted)
