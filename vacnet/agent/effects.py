"""What an agent wants done: a shell carries these out in the order in which they stand.

Rules of this file: values only. `Persist…` effects are durable before the next effect is carried
out where `barrier` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vacnet.decide.blackholes import Suspicion
from vacnet.decide.reasons import Decision
from vacnet.space.address import Address
from vacnet.space.hold import Hold
from vacnet.space.items import Question
from vacnet.space.window import Window
from vacnet.targets.model import Target


@dataclass(frozen=True, slots=True)
class Send:
    """A sealed datagram for one address."""

    data: bytes
    address: Address


@dataclass(frozen=True, slots=True)
class Ticket:
    """The ticket a machine was started on."""

    window_number: int
    window_opener: str
    number: int
    """0 to 63; -1: started on an open target, without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMachine:
    """Make a machine; the shell answers with MachineStarted, MachineEnded or MachineNotMade."""

    uuid: str
    target: Target
    processors: int
    deadline_at: float
    """Monotonic seconds at which it has to be gone."""
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class StopMachine:
    """End a machine; it will end neutral with this reason."""

    uuid: str
    reason: str


@dataclass(frozen=True, slots=True)
class PersistEpoch:
    """Keep the epoch before anything more is sent (a barrier)."""

    epoch: int


@dataclass(frozen=True, slots=True)
class PersistWindow:
    """Keep a target's window, so that a restart rebuilds the row."""

    target: str
    window: Window


@dataclass(frozen=True, slots=True)
class PersistSuspicion:
    """Keep this factory's suspicion of itself, or forget it where there is none."""

    target: str
    suspicion: Suspicion


@dataclass(frozen=True, slots=True)
class PersistHold:
    """Keep whether a target is held in the space, so that a restart and whoever is met later know it."""

    target: str
    hold: Hold


@dataclass(frozen=True, slots=True)
class Member:
    """A factory met and the last good address of it."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class PersistMembers:
    """Keep the members met, to be tried after a restart."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Notify:
    """Something an admin may want to know: a stable name and its fields, for log and record."""

    name: str
    fields: Mapping[str, object] = field(default_factory=dict)
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its reasons: for the record, `vacnet why` and the log."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class GatherAnswer:
    """Somebody of the space asks what only the shell knows; answered by QuestionAnswered, or never."""

    question: Question


Effect = (
    Send
    | StartMachine
    | StopMachine
    | PersistEpoch
    | PersistWindow
    | PersistSuspicion
    | PersistHold
    | PersistMembers
    | Notify
    | Decided
    | GatherAnswer
)
