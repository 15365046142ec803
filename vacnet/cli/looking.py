"""Looking at a space without a factory: an observer's sockets and clock, for commands with `--peer`.

Rules of this file: the shell of `space.observer` and no more: one socket for each family, a monotonic
clock, waiting. It answers as a client of a factory does, so that views and the live table take either.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import SystemRandom
from typing import Self

import msgspec

from vacnet import __version__
from vacnet.agent.onlooker import Onlooker
from vacnet.factory.client import TOO_SLOW, ClientError, FactoryState, SpaceState, TargetState
from vacnet.space.address import Address
from vacnet.space.keyring import Key
from vacnet.space.observer import Observer
from vacnet.space.outbox import Datagram

DATAGRAM_BYTES_MAX = 2048
WHOLE_SECONDS = 30.0
"""For the first reading, once somebody has answered: thousands of factories at 180 questions a second."""


class Sockets:
    """One UDP socket for each family that is needed."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        """Open them on any port."""
        families = {family_of(address) for address in addresses}
        self._sockets = {family: socket.socket(family, socket.SOCK_DGRAM) for family in families}
        for each in self._sockets.values():
            each.settimeout(0)

    def close(self) -> None:
        """Close all."""
        for each in self._sockets.values():
            each.close()

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send them; what the network refuses is lost like any other."""
        for datagram in datagrams:
            with suppress(OSError):
                self._sockets[family_of(datagram.address)].sendto(datagram.data, datagram.address)

    def wait(self, seconds: float) -> list[tuple[bytes, Address]]:
        """Return what has come, at the latest after so long."""
        ready, _, _ = select.select(list(self._sockets.values()), [], [], max(0.0, seconds))
        return [taken for each in ready if (taken := _taken(each)) is not None]


def family_of(address: Address) -> socket.AddressFamily:
    """Return the family of an address."""
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def _taken(ready: socket.socket) -> tuple[bytes, Address] | None:
    with suppress(OSError):
        data, address = ready.recvfrom(DATAGRAM_BYTES_MAX)
        return data, (str(address[0]), int(address[1]))
    return None


class Looker:
    """Reads a space through one of some factories; use as `with`."""

    def __init__(self, key: Key, space: str, peers: Sequence[Address], patience_seconds: float) -> None:
        """Look at the space of this name; an answer may take so long."""
        self._space = space
        self._peers = peers
        self._patience_seconds = patience_seconds
        self._sockets = Sockets(peers)
        self._observer = Observer(key, space, peers, SystemRandom(), time.monotonic())
        self._onlooker = Onlooker(self._observer, space)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the sockets."""
        self._sockets.close()

    def space(self) -> SpaceState:
        """Return the space as the factory that answers has it now.

        Raises:
            ClientError: nobody answers, or not in time.
        """
        began = time.monotonic()
        self._observer.hasten(began)
        self._run(began + self._patience_seconds, lambda: self._observer.answerer is not None)
        if self._observer.answerer is None:
            raise ClientError(self._nobody(), TOO_SLOW)
        wait = WHOLE_SECONDS if self._observer.synced_at is None else self._patience_seconds
        self._run(began + wait, lambda: (self._observer.synced_at or 0.0) >= began)
        if (self._observer.synced_at or 0.0) < began:
            raise ClientError(f"{self._observer.answerer.name} does not answer any more", TOO_SLOW)
        return self._state()

    def _run(self, until: float, done: Callable[[], bool]) -> None:
        while not done() and (now := time.monotonic()) < until:
            if self._observer.next_timer() <= now:
                self._observer.wake(now)
            self._sockets.send(self._observer.drain())
            wait = min(until, self._observer.next_timer()) - now
            for data, _ in self._sockets.wait(wait):
                self._observer.receive(data, time.monotonic())
        self._onlooker.hear(time.monotonic())

    def _nobody(self) -> str:
        asked = ", ".join(f"{host} port {port}" for host, port in self._peers)
        return (
            f"no factory of space {self._space!r} answers at {asked}; is that the name of the space, is the "
            "key of its ring, and is UDP open? `vacnet peers check` tells more"
        )

    def _state(self) -> SpaceState:
        view = self._onlooker.view(time.monotonic())
        answerer = self._observer.answerer
        return SpaceState(
            space=self._space,
            factory=answerer.name if answerer else "",
            time=time.time(),
            version=__version__,
            factories=msgspec.convert(view.factories, tuple[FactoryState, ...], from_attributes=True),
            targets=msgspec.convert(view.targets, tuple[TargetState, ...], from_attributes=True),
            starts_last_minute=view.starts_last_minute,
            rule_version=view.rule_version,
            warnings=(),
        )
