"""How the space stands: its targets and its factories, as one of them sees them."""

from __future__ import annotations

import msgspec

from vacnet.factory.messages.schema import SCHEMA


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One end in a target's strip of the last outcomes of the whole space."""

    kind: str
    """`ok`, `nowork`, `error` or `neutral`."""
    code: int
    factory: str
    ago_seconds: float


class TargetState(msgspec.Struct, frozen=True, kw_only=True):
    """A target as this factory sees the space."""

    name: str
    model: str
    origin: str
    share: float
    """Due part of the space's processors, 0 to 1."""
    got: float
    """Part of the processors in use that it has, 0 to 1."""
    machines_running: int
    machines_starting: int
    processors: int
    state: str
    """`back-off`, `probing`, `growing`, `open`, `quarantined` or `no share`."""
    words: str
    """The state for people: how long yet, who probes, what is wrong."""
    window_number: int
    window_opener: str
    window_length_seconds: float
    back_off_left_seconds: float
    streak: int
    proofs: int
    noworks: int
    tickets_available: int
    tickets_taken: int
    here: str
    """Why this factory would or would not start one now."""
    held_here: bool = False
    """Whether an admin holds it on this host; `held` as the state is a hold of the whole space."""
    last_code: int = 0
    last_ago_seconds: float | None = None
    last_factory: str = ""
    outcomes: tuple[Outcome, ...] = ()
    """Newest last, at most 24."""


class FactoryState(msgspec.Struct, frozen=True, kw_only=True):
    """A factory as this one knows it."""

    name: str
    itself: bool
    state: str
    """`live`, `silent`, `departed` or `unknown` (a configured peer that is heard as no factory)."""
    heard_seconds: float | None
    address: str
    flags: tuple[str, ...]
    """Of `draining`, `veto`, `settling`, `isolated`, `conflict`, `suspect`."""
    processors_total: int
    processors_free: int
    machines_running: int
    machines_starting: int
    load: float
    """Of one minute. It and the two that follow are measured: of itself now, of another when they had last
    moved by a quarter, at most every 30 s, or when anything else of it changed."""
    memory_free_bytes: int
    disk_free_bytes: int
    deadline_seconds: float | None
    version: str
    settings_differ: bool
    note: str
    """For people: what is special about it now."""
    rule_version: int = 0
    """The newest version of the rules of decision that it has; 0: it has told none."""


class RefusedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A target that is defined and not offered here."""

    name: str
    words: str
    """Why: file and line or address, what is wrong, what to do."""


class SpaceState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/space`."""

    schema: int = SCHEMA
    space: str
    factory: str
    time: float
    version: str
    factories: tuple[FactoryState, ...]
    targets: tuple[TargetState, ...]
    starts_last_minute: int
    rule_version: int = 0
    """Of the rules by which the space decides: the lowest that a live factory tells; 0: none has told."""
    warnings: tuple[str, ...]
    """Settings problems, override in force, quarantined pipe entries, key or peer trouble."""
    refused: tuple[RefusedTarget, ...] = ()
    """Targets that somebody defined for this factory and that it does not offer."""
