"""Items: what a factory alone knows and tells only who asks for it, its machines and its details.

Rules of this file: values, as in `rows`: times are seconds on the holder's own monotonic clock. Nothing of
it is gossiped or merged; it is read once, by whoever asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.space.address import Address
from vacnet.space.rows import NO_CLAIM


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineItem:
    """A machine of the factory that was asked."""

    id: str
    name: str
    uuid: str
    target: str
    kind: str
    state: str
    processors: int
    memory_bytes: int
    created_at: float
    started_at: float | None = None
    ended_at: float | None = None
    deadline_at: float | None = None
    """None: it is over."""
    cpu_seconds: float = 0.0
    efficiency: float | None = None
    efficiency_recent: float | None = None
    proven: bool = False
    ticket: int = NO_CLAIM
    outcome: str = ""
    message: str = ""
    by_vacnet: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that a factory says of itself, in words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Question:
    """A QUERY as it has to be answered: all that is remembered of who asked."""

    address: Address
    key_id: bytes
    nonce: int
    topic: int
    after: str
    room: int
    """Bytes that the body of the ANSWER may have: no more than the QUERY's."""


@dataclass(frozen=True, slots=True)
class Items:
    """Items behind a question's `after`, in order, as many as one answer may hold."""

    machines: tuple[MachineItem, ...] = ()
    details: tuple[Detail, ...] = ()
    more: bool = False
    """There are further ones behind these."""
