"""Names that only a running factory knows, for shells that complete them: quickly, or not at all.

Rules of this file: whoever presses Tab waits for it, so the answer has a third of a second as a whole, and
every failure is an empty answer: a shell has no place for words.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Literal

from vacnet.cli import output
from vacnet.cli.exits import CommandError
from vacnet.cli.options import Asking

if TYPE_CHECKING:
    from vacnet.factory.client import Client

Kind = Literal["targets", "machines", "factories", "peers"]

PATIENCE_SECONDS = 0.3
ENDED = 20
"""Machines that ended last are looked at too: `vacnet logs ID`."""


def names(kind: Kind, asking: Asking) -> tuple[str, ...]:
    """Return the names of a kind that the factory knows, none where it does not answer in time."""
    from vacnet.factory.client import ClientError  # late: see output

    with suppress(ClientError, CommandError, OSError), _in_time():
        found = _NAMES[kind](output.client_for(asking, PATIENCE_SECONDS))
        return tuple(name for name in dict.fromkeys(found) if name.isprintable() and " " not in name)
    return ()


def _machines(client: Client) -> Iterator[str]:
    """Yield names of those that are there, and ids of those that ended: their names are others' now."""
    for machine in client.machines(ENDED).machines:
        yield machine.id if machine.ended is not None else machine.name


def _peers(client: Client) -> Iterator[str]:
    for peer in client.peers().peers:
        yield peer.name if peer.configured else peer.address or peer.name


_NAMES: Mapping[Kind, Callable[[Client], Iterable[str]]] = {
    "targets": lambda client: (target.name for target in client.space().targets),
    "machines": _machines,
    "factories": lambda client: (factory.name for factory in client.space().factories),
    "peers": _peers,
}


@contextmanager
def _in_time() -> Iterator[None]:
    """Raise TimeoutError in the block when it takes too long as a whole, however the bytes trickle in."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
