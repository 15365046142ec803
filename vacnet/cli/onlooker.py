"""What the dashboard is answered where no factory is here: by an observer, over the network.

Rules of this file: an observer is told the space and machines, and nothing of a factory's record; what it
cannot know it says in words, with the command that tells it on a factory's host. Its sockets take one
question at a time.
"""

from __future__ import annotations

import threading
import time
from typing import NoReturn

from vacnet.cli import inquiring
from vacnet.cli.looking import Looker
from vacnet.cli.remote import Access
from vacnet.factory.client import (
    NO_INPUT,
    WRONG_USE,
    ClientError,
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
from vacnet.targets.address import endpoint


class Observed:
    """A space as an observer sees it; see `console.dashboard.source.Source`."""

    def __init__(self, looker: Looker, way: Access) -> None:
        """Ask by `looker` for the space, and by `way` for machines."""
        self._looker, self._way = looker, way
        self._lock = threading.Lock()
        self._addresses: dict[str, str] = {}
        self._answerer = ""

    def space(self) -> SpaceState:
        """Return the space as the factory that answers has it now."""
        with self._lock:
            state = self._looker.space()
        self._answerer = state.factory
        self._addresses = {factory.name: factory.address for factory in state.factories}
        return state

    def machines_of(self, factory: str, ended: int = 0) -> Machines:
        """Return the machines of a factory, which is asked itself."""
        began = time.monotonic()
        answer = inquiring.machines(self._way_to(factory), ended)
        return _aged(answer, time.monotonic() - began)

    def _way_to(self, factory: str) -> Access:
        address = endpoint(self._addresses.get(factory, ""))
        if address is not None:
            return Access((address,), self._way.key, self._way.space)
        if factory == self._answerer:
            return self._way
        raise ClientError(f"no address of {factory} is known", NO_INPUT)

    def peers(self) -> Peers:
        """Say that a factory's own host tells it."""
        _not_told("peers", "vacnet peers list")

    def events(self, after: int = 0, limit: int = 100) -> Events:  # noqa: ARG002
        """Say that a factory's own host tells it."""
        _not_told("events", "vacnet events -f")

    def why(self, target: str) -> WhyState:
        """Say that a factory's own host tells it."""
        _not_told("reasons", f"vacnet why {target}")

    def decision(self, at: int) -> DecisionState:  # noqa: ARG002
        """Say that a factory's own host tells it."""
        _not_told("decisions", "vacnet why --at TIME")

    def log_tail(self, machine: str, lines: int) -> bytes:
        """Say that a factory's own host tells it."""
        _not_told("logs", f"vacnet logs {machine} --tail {lines}")

    def past(self, at: float, step: int = 0) -> PastState:  # noqa: ARG002
        """Say that a factory's own host tells it."""
        _not_told("the past", "vacnet space")

    def drain(self, order: DrainOrder) -> DrainState:  # noqa: ARG002
        """Refuse."""
        _not_ordered()

    def undrain(self, who: str = "") -> DrainState:  # noqa: ARG002
        """Refuse."""
        _not_ordered()

    def stop(self, machine: str, order: StopOrder) -> Stopped:  # noqa: ARG002
        """Refuse."""
        _not_ordered()

    def hold(self, target: str, order: HoldOrder) -> HoldState:  # noqa: ARG002
        """Refuse."""
        _not_ordered()


def _aged(answer: Machines, seconds: float) -> Machines:
    from msgspec.structs import replace  # late: only here

    return replace(answer, age_seconds=seconds)


def _not_told(what: str, command: str) -> NoReturn:
    raise ClientError(f"an observer is not told {what}; on a factory's host: `{command}`", WRONG_USE)


def _not_ordered() -> NoReturn:
    raise ClientError("an observer gives no orders; do it on the factory's host", WRONG_USE)
