"""What a factory tells the others: one `FactoryRow` and a `TargetRow` for each target it offers.

Rules of this file: values only; times are seconds on the holder's own monotonic clock, never wall
time (the wire carries ages, see `wire`); a row is written by its factory alone, so (epoch, version)
orders its contents totally and a newer one replaces an older one whole. A `TargetRow` is a Struct and not
a dataclass because a datagram brings ten of them, and a Struct is made in a tenth of the time.

What a count refers to: `tickets`, `proofs`, `noworks` and `claim` belong to the `window` of the same
row and mean nothing under another.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import msgspec

from vacnet.space.hold import NEVER_HELD, Hold
from vacnet.space.window import Window

TICKETS = 64
"""Tickets of a window: the bits of one word. From here on the target is open."""

NO_CLAIM = -1
RESERVATION = -2
"""A claim that reserves processors for a large target and is of no ticket."""


class Flags(enum.IntFlag):
    """What a factory says of itself beside its numbers."""

    NONE = 0
    DRAINING = 1
    VETO = 2
    SETTLING = 4
    ISOLATED = 8
    CONFLICT = 16
    SUSPECT = 32
    """Machines of some target fail there and not elsewhere, so it tries that target seldom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryRow:
    """A factory about itself."""

    name: str
    advertise: str = ""
    """`address:port` to send to; empty: where its datagrams come from."""
    instance: bytes = b""
    """8 random bytes made at each start: two of one name and epoch are a conflict."""
    processors_total: int = 0
    processors_free: int = 0
    weight: float = 1.0
    """Worth of one processor (benchmark), 1 when not told."""
    flags: Flags = Flags.NONE
    deadline_at: float | None = None
    """When all its machines have to be gone; None: no deadline."""
    rule_version: int = 1
    settings_digest: bytes = b""
    software_version: str = ""
    load: float = 0.0
    """One-minute load average, for people."""
    memory_free_bytes: int = 0
    disk_free_bytes: int = 0


class TargetRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A factory about one target."""

    target: str
    window: Window
    gone: bool = False
    """True once the factory no longer offers the target: the row stays, so that all hear of it."""
    machines_running: int = 0
    machines_starting: int = 0
    processors_running: int = 0
    processors_starting: int = 0
    processors_claimed: int = 0
    can: int = 0
    """Machines it could start now after every veto, limit and local back-off; 0 to 255."""
    unproven: int = 0
    """Running or starting machines without a verdict, younger than the time a proof may take."""
    proven_running: int = 0
    tickets: int = 0
    """Bit k set: it holds or used ticket k of `window`."""
    proofs: int = 0
    """Ticket holders of `window` that proved."""
    noworks: int = 0
    """Noworks and target errors of ticket holders of `window`."""
    claim: int = NO_CLAIM
    claim_at: float | None = None
    message_code: int = 0
    message_at: float | None = None
    """The machine that ended last: its code and when."""
    proof_at: float | None = None
    """When a machine of it last proved."""
    proof_started_at: float | None = None
    """The start of the youngest machine that has proved."""
    uncontradicted: int = 0
    """Noworks and target errors that no machine started after them has contradicted by a proof."""
    proof_age_seconds: float = 0.0
    """Age at which its machines count as proven by age; 0: as the target's definition says."""
    nowork_life_seconds: float = 0.0
    """Longest life before a nowork seen, for the default of `proof_seconds`."""
    error_code: int = 0
    error_at: float | None = None
    """The last local error."""
    verdict_at: float | None = None
    """When a machine last gave a good verdict here (a proof, or alive for 30 s)."""
    tried: float = 0.0
    failed: float = 0.0
    """Machines started and failed, decayed over an hour."""
    share: float = 0.0
    digest: bytes = b""
    """Of the target's definition: rows with another mean another target in fact."""
    hold: Hold = NEVER_HELD
    """Whether somebody holds the target in the whole space, as far as this factory knows."""
