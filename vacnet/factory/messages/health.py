"""How a factory does, for monitoring and for whoever waits for it."""

from __future__ import annotations

import msgspec

from vacnet.factory.messages.schema import SCHEMA


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is the matter with a factory."""

    name: str
    """Stable: a veto (`draining`, `isolated`, `overload` ...), a topic (`settings`, `keys`, `peers` ...),
    `wrong-key`, `namesakes`, `engine` or `black-hole`."""
    words: str


class HealthNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """What of a factory can be counted and is worth a threshold."""

    peers_live: int
    peers_silent: tuple[str, ...]
    peers_unheard: tuple[str, ...]
    """Configured, and never heard; one that bears another's name is told as a condition."""
    machines_running: int
    machines_starting: int
    processors_total: int
    processors_free: int
    dropped_last_hour: int
    """Datagrams that the kernel dropped in the last hour."""
    disk_free_bytes: int
    """Of the state directory's file system, for who is not root."""
    disk_total_bytes: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/health`: cheap, for monitoring and for whoever waits for a factory to come up."""

    schema: int = SCHEMA
    factory: str
    time: float
    version: str
    state: str
    """`ready`, `restricted` (runs on a last good copy of bad settings and starts nothing) or `stopping`."""
    words: str
    """What is wrong, empty when nothing is."""
    up_seconds: float
    pid: int
    counters: dict[str, int]
    """What the socket layer and the agent counted since the start, by stable names."""
    trouble: str = ""
    """Why the record cannot be written; empty: it can."""
    conditions: tuple[Condition, ...] = ()
    numbers: HealthNumbers | None = None
    """None: of a factory that does not tell them."""
