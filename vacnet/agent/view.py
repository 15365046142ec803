"""What an agent shows of itself and the space: frozen copies for the control socket and the checkers.

Rules of this file: values only, for reading; field for field what `factory.messages` sends.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """One end of a machine of the target somewhere in the space."""

    kind: str
    code: int
    factory: str
    ago_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """A target as this agent sees the space; see `factory.messages.space.TargetState` for the fields."""

    name: str
    model: str
    origin: str
    share: float
    got: float
    machines_running: int
    machines_starting: int
    processors: int
    state: str
    words: str
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
    held_here: bool
    last_code: int
    last_ago_seconds: float | None
    last_factory: str
    outcomes: tuple[OutcomeView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryView:
    """A factory as this agent knows it; see `factory.messages.space.FactoryState` for the fields."""

    name: str
    itself: bool
    state: str
    heard_seconds: float | None
    address: str
    flags: tuple[str, ...]
    processors_total: int
    processors_free: int
    machines_running: int
    machines_starting: int
    load: float
    memory_free_bytes: int
    disk_free_bytes: int
    deadline_seconds: float | None
    version: str
    settings_differ: bool
    note: str
    rule_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceView:
    """The whole space at one moment."""

    factories: tuple[FactoryView, ...]
    targets: tuple[TargetView, ...]
    starts_last_minute: int
    rule_version: int
    """By which the space decides: the lowest that a live factory tells."""
