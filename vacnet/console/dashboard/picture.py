"""What the dashboard knows: the last answers, what could not be answered, and of when it all is.

Rules of this file: values, no asking and no drawing. An answer that failed leaves the one before it, with the
words of the failure beside it; nothing is ever shown as newer than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vacnet.factory.client import EventState, FactoryState, MachineState, SpaceState, TargetState

EVENTS_KEPT = 1_000
"""Lines of the fourth pane; `vacnet events` has them all."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose machines are asked for: those of a factory, or of a target on the factories that run it."""

    factory: str = ""
    target: str = ""

    def __str__(self) -> str:
        """Return it for a heading."""
        return self.factory or self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class MachinesAnswer:
    """What was answered about machines."""

    whose: Whose
    machines: tuple[MachineState, ...] = ()
    asked_at: float | None = None
    """Unix seconds at which the oldest part of it was true; None: nothing was answered yet."""
    trouble: str = ""


@dataclass(slots=True, kw_only=True)
class Picture:
    """All that the screen draws."""

    space: SpaceState
    trouble: str = ""
    """Why there is no newer `space`."""
    machines: MachinesAnswer
    events: list[EventState] = field(default_factory=list)
    events_trouble: str = ""
    delay_seconds: float | None = None
    """How long news take to come from the middle one of the peers; None: not known."""

    def add_events(self, events: Sequence[EventState]) -> None:
        """Take what has happened since."""
        if events:
            self.events = sorted((*self.events, *events), key=lambda event: event.time)[-EVENTS_KEPT:]

    def target(self, name: str) -> TargetState | None:
        """Return a target by name."""
        return next((one for one in self.space.targets if one.name == name), None)

    def factory(self, name: str) -> FactoryState | None:
        """Return a factory by name."""
        return next((one for one in self.space.factories if one.name == name), None)

    def frozen(self) -> Picture:
        """Return a picture that what comes later does not change."""
        return replace(self, events=list(self.events))

    @property
    def here(self) -> str:
        """Return the name of the factory that answers."""
        return self.space.factory
