"""What a fetch gives: bytes with how fresh they are, or words that say why there are none.

Rules of this file: values only; no words here or made from these hold a credential.
"""

from __future__ import annotations

from dataclasses import dataclass


class UnavailableError(Exception):
    """Something is not to be had and there is no copy of it; the text says why, for an admin."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was asked for."""

    body: bytes
    fetched_wall: float
    """Unix seconds at which its source last said that this is the newest."""
    stale: str
    """Why this is an older copy, in words; empty: it is as fresh as was asked."""
