"""What commands print with `--json` where that is no answer of the control socket: one message for each.

Rules of this file: as for the control socket (`factory.messages`): a field that changes its meaning or goes
away raises `schema`, a new one does not. `docs/json.md` is made from it.
"""

from __future__ import annotations

import msgspec

from vacnet.factory.client import EventState, SpaceState
from vacnet.targets.model import Problem
from vacnet.targets.show import Row


class SettingsMade(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet config init` did."""

    schema: int = 1
    directory: str
    files: dict[str, str]
    """`wrote` or `kept` for each file."""


class SettingsChecked(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet config check` found."""

    schema: int = 1
    good: bool
    """A factory would take them."""
    problems: tuple[Problem, ...]
    """What is wrong with the files, then what this host lacks for them."""


class SettingsShown(msgspec.Struct, frozen=True, kw_only=True):
    """Every value in force."""

    schema: int = 1
    values: tuple[Row, ...]


class KeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh key."""

    schema: int = 1
    role: str
    """`member` or `observe`."""
    file: str | None
    """Where it was written; `null`: nowhere."""
    line: str | None
    """The secret itself, as it stands in a key file; `null`: it is in the file alone."""


class KeysChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a key file."""

    schema: int = 1
    file: str
    key: str
    """Ids of the keys that the order was about, separated by a comma and a blank."""
    changed: bool
    """False: it was so already."""


class PeersChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a peers file."""

    schema: int = 1
    file: str
    peer: str
    changed: bool
    """False: it was so already."""


class ArchiveMade(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet support` wrote."""

    schema: int = 1
    file: str
    members: tuple[str, ...]


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet gossip record` wrote."""

    schema: int = 1
    file: str
    bytes: int


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording held and what came of it."""

    factory: str
    space: str
    version: str
    begin: float
    seconds: float
    datagrams: int
    events: int
    sent: int
    checks: int
    """Comparisons with what the factory really sent."""
    broken: int


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet gossip replay` saw."""

    schema: int = 1
    replayed: Facts
    space: SpaceState


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `vacnet events` and `vacnet logs`."""

    schema: int = 1
    event: EventState


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `vacnet logs MACHINE`."""

    schema: int = 1
    machine: str
    """As it was asked for."""
    line: str
    """Bytes that are no UTF-8 are escaped."""


class HealthFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is the matter."""

    status: str
    """`OK`, `WARNING`, `CRITICAL` or `UNKNOWN`."""
    name: str
    """A condition, `silent`, `dropped` or `disk-free`: docs/health.md; empty: the factory did not answer."""
    words: str


class HealthTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet health` tells a monitor."""

    schema: int = 1
    status: str
    """The worst of all."""
    findings: tuple[HealthFinding, ...]
    """The worst first."""
    summary: str
    performance: str
    """As it stands behind the `|`."""
