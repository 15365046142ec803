"""Whom the dashboard asks: a factory by its socket, a space over the network, a simulation, a recording.

Rules of this file: one protocol, whose questions are those of the client of a factory. A source that has no
answer to some question says so in words, by the same error as a factory that is gone, and the screen shows
the words in place of the answer. Questions are asked from threads, several at a time.
"""

from __future__ import annotations

from typing import Protocol

from vacnet.factory.client import (
    DecisionState,
    DrainOrder,
    DrainState,
    Events,
    HoldOrder,
    HoldState,
    Machines,
    PastState,
    Peers,
    SpaceState,
    StopOrder,
    Stopped,
    WhyState,
)


class Source(Protocol):
    """What can be asked. Every method raises `ClientError` and nothing else."""

    def space(self) -> SpaceState:
        """Return the space as of now."""
        ...

    def peers(self) -> Peers:
        """Return who is met, and how long news take."""
        ...

    def machines_of(self, factory: str, ended: int = 0) -> Machines:
        """Return the machines of one factory, then the `ended` last ones that ended."""
        ...

    def events(self, after: int = 0, limit: int = 100) -> Events:
        """Return up to `limit` events with a serial above `after`, oldest first."""
        ...

    def why(self, target: str) -> WhyState:
        """Return all that the decision about a target looks at."""
        ...

    def decision(self, at: int) -> DecisionState:
        """Return the last decision made until `at` (Unix seconds)."""
        ...

    def log_tail(self, machine: str, lines: int) -> bytes:
        """Return the last lines of the console log of a machine of the factory that answers."""
        ...

    def past(self, at: float, step: int = 0) -> PastState:
        """Return the picture kept last until `at` (Unix seconds), or so many pictures after or before it."""
        ...

    def drain(self, order: DrainOrder) -> DrainState:
        """Have the factory that answers start nothing new."""
        ...

    def undrain(self, who: str = "") -> DrainState:
        """Take that back."""
        ...

    def stop(self, machine: str, order: StopOrder) -> Stopped:
        """Have a machine of it ended."""
        ...

    def hold(self, target: str, order: HoldOrder) -> HoldState:
        """Hold a target, or let go of it."""
        ...
