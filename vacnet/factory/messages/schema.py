"""The number that every answer bears, and the answer that refuses."""

from __future__ import annotations

import msgspec

SCHEMA = 1


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Any answer with a status of 400 or above."""

    schema: int = SCHEMA
    error: str
    """What is wrong and what to do, for people."""
