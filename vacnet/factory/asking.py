"""Asking another factory of the space for its machines, for a command on this host.

Rules of this file: the question leaves by the port of gossip and its answer comes back there, so whatever
lets factories speak with each other lets this pass. It is a QUERY of nobody, under this factory's own key
(`space.inquiry`), and what answers it never reaches the agent: nothing is learnt from it. Only while a
question is open are datagrams looked at for this, and of those only the type that nothing else has.

Whom it asks is looked up in the table, by name or by the first label of a name that no other shares. Who is
silent is asked all the same, for it may hear what we do not hear of it; the words say how long it was silent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Protocol

from vacnet.factory.afar import machine_state
from vacnet.factory.clock import boot_seconds
from vacnet.factory.control import CONFLICT, NO_ANSWER, NOT_FOUND, RefusedError
from vacnet.factory.messages.machines import MachineState
from vacnet.quantities import duration
from vacnet.space.address import Address
from vacnet.space.gossip import Gossip
from vacnet.space.inquiry import Inquiry
from vacnet.space.items import MachineItem
from vacnet.space.seal import Rejected, fault, header_of
from vacnet.space.table import Known, Liveness
from vacnet.space.wire import Topic, Type

PATIENCE_SECONDS = 3.0
"""Without any progress: six times asked."""
ALL = 1 << 20
"""More machines than a host can run."""

WORDS = {
    Liveness.LIVE: "it was heard {ago} ago, so it runs: is its host overloaded?",
    Liveness.SILENT: "it has been silent for {ago}: see its log and the network between",
    Liveness.DEPARTED: "it stopped in order {ago} ago",
    Liveness.FORGOTTEN: "it has not been heard for {ago}",
}


class Sends(Protocol):
    """What a question leaves by."""

    def send(self, data: bytes, address: Address) -> None:
        """Send a datagram."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What another factory told."""

    machines: tuple[MachineState, ...]
    age_seconds: float
    """Nothing of it is older."""


@dataclass(slots=True, eq=False)
class _Question:
    """A question that is not answered yet."""

    inquiry: Inquiry
    came: asyncio.Event = field(default_factory=asyncio.Event)


class Asking:
    """Asks other factories."""

    def __init__(self, gossip: Callable[[], Gossip], endpoint: Sends) -> None:
        """Ask by this endpoint, under the key and by the table of this gossip."""
        self._gossip = gossip
        self._endpoint = endpoint
        self._open: list[_Question] = []

    @property
    def asks(self) -> bool:
        """Tell whether any question is open."""
        return bool(self._open)

    def take(self, data: bytes) -> bool:
        """Tell whether a datagram answers what was asked: then it is for nobody else."""
        if fault(data) is not None or header_of(data).type != Type.ANSWER:
            return False
        return any(_answered(question, data) for question in self._open)

    def known(self, name: str) -> Known:
        """Return the factory that is meant.

        Raises:
            RefusedError: none is, or several.
        """
        factories = self._gossip().table.factories
        found = [factories[name]] if name in factories else []
        found = found or [one for one in factories.values() if one.name.partition(".")[0] == name]
        if len(found) == 1:
            return found[0]
        why = "several factories begin so" if found else "this factory knows none of that name"
        raise RefusedError(NOT_FOUND, f"factory {name!r}: {why}; `vacnet factories` lists all")

    async def machines(self, of: Known, ended: int) -> Told:
        """Return the machines of a factory that have not ended, then so many of the last that have.

        Raises:
            RefusedError: it cannot be asked, or does not answer.
        """
        began = boot_seconds()
        items = await self._all(of, Topic.MACHINES, ALL)
        items += (await self._all(of, Topic.ENDED, ended))[::-1] if ended else []
        now, boot = time.time(), boot_seconds()
        states = tuple(machine_state(item, of.name, now - boot, now) for item in items)
        return Told(states, boot - began)

    async def _all(self, of: Known, topic: Topic, most: int) -> list[MachineItem]:
        question = _Question(self._inquiry(of, topic))
        self._open.append(question)
        try:
            if not await self._run(question, most):
                raise RefusedError(NO_ANSWER, _silence(of))
        finally:
            self._open.remove(question)
        return question.inquiry.machines[:most]

    def _inquiry(self, of: Known, topic: Topic) -> Inquiry:
        key = self._gossip().keys.sealing
        if key is None:
            raise RefusedError(CONFLICT, "this factory has no member key to ask with; see `vacnet key list`")
        if of.address is None:
            raise RefusedError(CONFLICT, f"no address of {of.name} is known yet")
        return Inquiry(key, topic, of.address, SystemRandom(), boot_seconds())

    async def _run(self, question: _Question, most: int) -> bool:
        """Ask until all is here, or enough; False when nothing came for too long."""
        inquiry, had, until = question.inquiry, 0, boot_seconds() + PATIENCE_SECONDS
        while not inquiry.done and len(inquiry.machines) < most:
            now = boot_seconds()
            if len(inquiry.machines) > had:
                had, until = len(inquiry.machines), now + PATIENCE_SECONDS
            if now >= until:
                return False
            question.came.clear()
            inquiry.wake(now)
            for datagram in inquiry.drain():
                self._endpoint.send(datagram.data, datagram.address)
            await _within(question.came, min(until, inquiry.next_timer()) - now)
        return True


def _answered(question: _Question, data: bytes) -> bool:
    try:
        question.inquiry.receive(data, boot_seconds())
    except Rejected:
        return False
    question.came.set()
    return True


async def _within(came: asyncio.Event, seconds: float) -> None:
    """Wait for news, and no longer than so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await came.wait()


def _silence(of: Known) -> str:
    now = boot_seconds()
    words = WORDS[of.liveness(now)].format(ago=duration(of.silence(now)))
    return f"{of.name} does not answer within {PATIENCE_SECONDS:g} s; {words}"
