"""Eight bytes that stand for a definition: equal on two factories exactly when the definitions are.

Rules of this file: BLAKE2b (RFC 7693) over JSON with sorted keys, so that neither the order of a
table nor the kind of mapping matters. It tells difference, it guards nothing: 64 bits are plenty for
the few hundred definitions of a space, and nobody gains by a collision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

DIGEST_BYTES = 8


def digest_of(kind: bytes, content: object) -> bytes:
    """Return the digest of a value made of structs, mappings, sequences, sets, texts and numbers.

    Args:
        kind: What is digested, at most 16 bytes: equal contents of two kinds differ.
        content: The value.
    """
    encoded = msgspec.json.encode(plain(content), order="sorted")
    return hashlib.blake2b(encoded, digest_size=DIGEST_BYTES, person=kind).digest()


def plain(value: object) -> object:
    """Return a value as JSON can hold it; keys of mappings become text, sets become sorted lists."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((plain(inner) for inner in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value
