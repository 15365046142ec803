"""What a whole space is waited for: that it is idle, or that who drains has nothing left.

Rules of this file: pure. What a silent factory runs is not known, so it is never taken for nothing; one that
has stopped in order may have left machines behind, and its last count stands until it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from vacnet import quantities
from vacnet.console.words import clean
from vacnet.factory.client import FactoryState, SpaceState

Goal = Literal["drained", "idle"]

NAMES_SHOWN = 3
NEVER_HEARD = "unknown"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is."""

    done: bool
    words: str
    """What is left, or that nothing is."""
    hopeless: str = ""
    """Why waiting is in vain; empty: it is not."""


def progress(state: SpaceState, goal: Goal) -> Progress:
    """Return how far a space is from its goal."""
    return _GOALS[goal](state)


def _idle(state: SpaceState) -> Progress:
    busy = _busy(factory for factory in state.factories if factory.state != NEVER_HEARD)
    if not busy:
        return Progress(done=True, words=f"{clean(state.space)} is idle: no machine on {_all(state)}")
    return Progress(done=False, words=_left(busy))


def _drained(state: SpaceState) -> Progress:
    draining = [factory for factory in state.factories if "draining" in factory.flags]
    if not draining:
        return Progress(
            done=False,
            words="",
            hopeless="no factory of the space drains; `vacnet drain --reason TEXT` on a host makes it",
        )
    busy = _busy(draining)
    if not busy:
        return Progress(done=True, words=f"no machine is left on {_named(draining)}")
    return Progress(done=False, words=_left(busy))


_GOALS: Mapping[str, Callable[[SpaceState], Progress]] = {"drained": _drained, "idle": _idle}


def _busy(factories: Iterable[FactoryState]) -> list[FactoryState]:
    """Return those that have machines, or of which nobody knows."""
    return [factory for factory in factories if _machines(factory) or factory.state == "silent"]


def _machines(factory: FactoryState) -> int:
    return factory.machines_running + factory.machines_starting


def _left(busy: list[FactoryState]) -> str:
    machines = quantities.plural(sum(map(_machines, busy)), "machine")
    silent = [factory for factory in busy if factory.state == "silent"]
    verb = "is" if len(silent) == 1 else "are"
    unknown = f"; {_named(silent)} {verb} silent: that is the last count" if silent else ""
    return f"{machines} left on {_named(busy)}{unknown}"


def _named(factories: list[FactoryState]) -> str:
    names = sorted(clean(factory.name) for factory in factories)
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _all(state: SpaceState) -> str:
    return quantities.plural(sum(factory.state != NEVER_HEARD for factory in state.factories), "factory")
