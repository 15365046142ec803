"""Asking a factory over the network for its machines, for commands with `--peer`."""

from __future__ import annotations

import time
from contextlib import suppress
from random import SystemRandom

from vacnet.cli.looking import Sockets
from vacnet.cli.remote import Access
from vacnet.factory.afar import machine_state
from vacnet.factory.client import TOO_SLOW, ClientError, Machines
from vacnet.space.inquiry import Inquiry
from vacnet.space.items import MachineItem
from vacnet.space.seal import Rejected
from vacnet.space.wire import Topic

PATIENCE_SECONDS = 5.0
"""Without any progress."""


def machines(way: Access, ended: int) -> Machines:
    """Return the machines of the factory at the first address that answers, and the last that ended.

    Raises:
        ClientError: it does not answer.
    """
    items = _asked(way, Topic.MACHINES, 1 << 20)
    items += _asked(way, Topic.ENDED, ended)[::-1] if ended else []
    details = _details(way)
    name = details.get("factory", "")
    now, boot = time.time(), time.monotonic()
    states = tuple(machine_state(item, name, now - boot, now) for item in items)
    return Machines(factory=name, time=now, machines=states)


def _asked(way: Access, topic: Topic, most: int) -> list[MachineItem]:
    return _inquire(way, topic, most).machines[:most]


def _details(way: Access) -> dict[str, str]:
    found = _inquire(way, Topic.DETAILS, 1 << 20).details
    return {detail.name: detail.value for detail in found}


def _inquire(way: Access, topic: Topic, most: int) -> Inquiry:
    sockets = Sockets(way.addresses)
    try:
        for address in way.addresses:
            inquiry = Inquiry(way.key, topic, address, SystemRandom(), time.monotonic())
            if _run(inquiry, sockets, most):
                return inquiry
    finally:
        sockets.close()
    asked = ", ".join(f"{host} port {port}" for host, port in way.addresses)
    words = f"no factory of space {way.space!r} answers at {asked}; see `vacnet peers check`"
    raise ClientError(words, TOO_SLOW)


def _run(inquiry: Inquiry, sockets: Sockets, most: int) -> bool:
    """Ask until all is here, or enough; False when nothing came for too long."""
    until, had = time.monotonic() + PATIENCE_SECONDS, 0
    while not inquiry.done and len(inquiry.machines) < most:
        now = time.monotonic()
        if len(inquiry.machines) + len(inquiry.details) > had:
            until, had = now + PATIENCE_SECONDS, len(inquiry.machines) + len(inquiry.details)
        if now >= until:
            return False
        inquiry.wake(now)
        sockets.send(inquiry.drain())
        for data, _ in sockets.wait(min(until, inquiry.next_timer()) - now):
            with suppress(Rejected):
                inquiry.receive(data, time.monotonic())
    return True
