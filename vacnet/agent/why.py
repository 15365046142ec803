"""Why a target was or was not chosen: everything that the rules looked at, to be checked with a pencil.

Rules of this file: values only, no words but those of the reasons. Times are seconds before now (`ago`)
or from now (`in`). What a rule computes stands beside what it computed it from, so that whoever does not
trust the one can redo it from the other; `docs/why.md` says how.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.decide.reasons import Reason
from vacnet.decide.reservations import Quota
from vacnet.decide.shares import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryHas:
    """What one factory's row says of the target."""

    factory: str
    live: bool
    weight: float
    machines_running: int
    machines_starting: int
    processors: int
    """Of running and starting machines and of a live claim."""
    can: int
    proven: int
    unproven: int
    proofs: int
    """Under the window, as are noworks, tickets and claim."""
    noworks: int
    uncontradicted: int
    tickets: tuple[int, ...]
    claim: int
    kept: int
    """Processors kept for one of its machines; 0: none."""
    last_code: int
    last_ago: float | None
    error_code: int
    error_ago: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFacts:
    """The window and what follows from it."""

    number: int
    opener: str
    opened_ago: float
    length: float
    """Seconds of back-off."""
    streak: int
    open: bool
    state: str
    ends_in: float
    """Seconds; below 0: its back-off is over."""
    gain: int
    proofs: int
    noworks: int
    uncontradicted: int
    unproven: int
    tickets_out: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A factory that could start one: its lot for the next free ticket, the smallest goes first."""

    factory: str
    lot: str
    """16 hexadecimal digits."""
    rank: int
    """From 0: it waits rank x 2 s, up to rank 8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How fast an open target grows."""

    processors: int
    """Of the whole space."""
    proven: int
    allowance: float
    unproven: int
    candidates: int
    chance: float
    """Of this factory's draw, once a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The last that was said about holding the target in the whole space."""

    number: int
    author: str
    ago: float
    held: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Room for a large target: how much may be kept in the space, and what this factory does about it."""

    quota: Quota
    lack: float
    """Processors x weight."""
    allowed: int
    """Factories that may keep room."""
    starved_for: float | None
    """Seconds that it could have been started here and there was no room; None: it is not starved."""
    begins_in: float | None
    """Until this factory keeps room, unless enough others do before; None: it is not its turn."""
    processors: int
    """Kept here, 0: none."""
    ends_in: float | None
    """Until it is given up at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One target on one factory at one moment."""

    target: str
    factory: str
    share: float
    """`target_share` as it is set."""
    group: str
    hold: Held | None
    """None: nobody ever held it in the whole space."""
    window: WindowFacts
    has: tuple[FactoryHas, ...]
    """Of all factories that count, this one first."""
    next_ticket: int
    """The lowest free one, during back-off that of the probe; -1: none is free."""
    candidates: tuple[Candidate, ...]
    growth: Growth | None
    """Of an open target."""
    kept: Kept | None
    """Of a large target, whose room others take bit by bit."""
    reason: Reason | None
    """Of the last look."""
    vetoes: tuple[Reason, ...]
    """Of the whole host."""
    choice: Choice | None
    """The last one that this factory made; `choice_ago` says when."""
    choice_ago: float | None
