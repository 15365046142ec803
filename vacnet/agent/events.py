"""What happens to an agent: everything a shell may tell it.

Rules of this file: values only. Times are seconds on the shell's monotonic clock (CLOCK_BOOTTIME in
a factory, the virtual clock in a simulation); addresses are ``(ip, port)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from vacnet.agent.restored import RestoredMachine
from vacnet.outcomes import Outcome
from vacnet.space.address import Address
from vacnet.space.items import Items, Question
from vacnet.targets.model import Model, Target


class DatagramReceived(msgspec.Struct, frozen=True, gc=False):
    """A datagram as it came, unchecked; a Struct, for one is made of everything that comes."""

    data: bytes
    address: Address


@dataclass(frozen=True, slots=True)
class MachineAdopted:
    """An engine shows a machine of ours that no record has: it was away, or the record was rebuilt."""

    machine: RestoredMachine


@dataclass(frozen=True, slots=True)
class MachineStarted:
    """The engine says that the machine runs."""

    uuid: str


@dataclass(frozen=True, slots=True)
class MachineProved:
    """A file in the machine's joboutputs proved that it found work (proofs by age are the agent's)."""

    uuid: str


@dataclass(frozen=True, slots=True)
class MachineEnded:
    """The machine has ended and its outcome is in the record."""

    uuid: str
    outcome: Outcome
    lived_seconds: float


@dataclass(frozen=True, slots=True)
class MachineNotMade:
    """No machine came of a StartMachine and this is no outcome: image, user_data or engine not to be had."""

    uuid: str
    reason: str
    retry_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What the shell measured of its host."""

    load: float = 0.0
    memory_free_bytes: int = 1 << 62
    disk_free_bytes: int = 1 << 62
    draining: str = ""
    """Why the admin drains the factory; empty: not draining."""
    deadline_at: float | None = None
    engines_away: Mapping[Model, str] = field(default_factory=lambda: MappingProxyType({}))
    """Models that cannot be made now and why."""
    holds: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Targets that the admin holds on this host and why."""
    settings_bad: str = ""
    """Why nothing may start: the settings in force are a last good copy read at start."""


@dataclass(frozen=True, slots=True)
class HostChanged:
    """The host's facts, told again every few seconds and at once when they change."""

    facts: HostFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """What of the settings the agent needs; a new one replaces the old whole."""

    space: str
    factory: str
    processors: int
    targets: tuple[Target, ...] = ()
    memory_bytes: int = 1 << 62
    disk_bytes: int = 1 << 62
    gpus: int = 0
    weight: float = 1.0
    overload_per_processor: float = 1.25
    memory_free_bytes_min: int = 0
    disk_free_bytes_min: int = 0
    processors_per_superslot: int = 1
    advertise: str = ""
    exclude: frozenset[str] = frozenset()
    settings_digest: bytes = b""
    software_version: str = ""


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """New settings are in force."""

    settings: AgentSettings


@dataclass(frozen=True, slots=True)
class HoldOrdered:
    """The admin holds a target in the whole space, or lets go of it there."""

    target: str
    held: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PeersChanged:
    """The peer list was edited or names were resolved anew."""

    addresses: tuple[Address, ...]
    """Of the configured peers; the agent remembers those it met besides."""
    unresolved: int = 0
    """Configured peers of which no address is known: whoever has them is not alone."""


@dataclass(frozen=True, slots=True)
class KeysChanged:
    """The key file was edited: `(role, 32 bytes)` in the order of the file, the first one sends."""

    keys: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """What the shell gathered in answer to a GatherAnswer."""

    question: Question
    items: Items


@dataclass(frozen=True, slots=True)
class Stopping:
    """The daemon stops in order: say goodbye. Machines go on."""


@dataclass(frozen=True, slots=True)
class Woke:
    """The time of `Agent.next_timer` has come."""

    stalled_seconds: float = 0.0
    """How late the loop was; over 2 s the agent settles anew."""


Event = (
    DatagramReceived
    | MachineAdopted
    | MachineStarted
    | MachineProved
    | MachineEnded
    | MachineNotMade
    | HostChanged
    | SettingsChanged
    | HoldOrdered
    | PeersChanged
    | KeysChanged
    | QuestionAnswered
    | Stopping
    | Woke
)
