"""What both kinds of a watched site tell: the space, machines, and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vacnet.agent.view import SpaceView
from vacnet.agent.why import Why
from vacnet.decide.reasons import Decision
from vacnet.targets.model import Target

EVENTS_KEPT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyMachine:
    """A simulated machine; times are virtual seconds."""

    id: str
    name: str
    target: Target
    processors: int
    created_at: float
    started_at: float | None
    deadline_at: float
    ticket: int
    proven: bool
    ended_at: float | None = None
    outcome: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ToyEvent:
    """Something that happened, at a virtual time."""

    at: float
    name: str
    fields: dict[str, object]
    warning: bool = False


class Watched(Protocol):
    """A site while it runs."""

    @property
    def now(self) -> float:
        """Return virtual seconds since its beginning."""
        ...

    @property
    def here(self) -> str:
        """Return the factory through whose eyes it is seen."""
        ...

    def run_until(self, now: float) -> None:
        """Let time pass."""
        ...

    def view(self) -> SpaceView:
        """Return the space."""
        ...

    def machines(self, factory: str) -> list[ToyMachine]:
        """Return the machines of a factory, those that ended lately too."""
        ...

    def events(self) -> list[ToyEvent]:
        """Return what happened since the last call."""
        ...

    def decision(self) -> tuple[float, Decision] | None:
        """Return when the factory `here` decided last, and what."""
        ...

    def why(self, target: str) -> Why | None:
        """Return why a target is or is not made there; None: it is not told."""
        ...
