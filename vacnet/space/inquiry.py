"""An inquiry: asks one factory by QUERY for all items of a topic, page by page, and is no factory itself.

Rules of this file: one question at a time, asked again until it is answered; an answer counts once, by the
nonce that it echoes. A page that is lost is asked for anew from the last item that came.
"""

from __future__ import annotations

import math
from random import Random

from vacnet.space import answers
from vacnet.space.address import Address
from vacnet.space.counters import Reject
from vacnet.space.items import Detail, MachineItem
from vacnet.space.keyring import Key
from vacnet.space.outbox import Datagram
from vacnet.space.seal import Rejected
from vacnet.space.voice import Voice
from vacnet.space.wire import Answer, Query, Topic, Type

RETRY_SECONDS = 0.5
"""STUN's first retransmission (RFC 8489 section 6.2.1); not doubled, for a person waits."""


class Inquiry:
    """One topic of one factory."""

    def __init__(self, key: Key, topic: Topic, address: Address, rng: Random, now: float) -> None:
        """Begin asking."""
        self._voice = Voice(key)
        self._topic = topic
        self._address = address
        self._rng = rng
        self._after = ""
        self._nonce = 0
        self._ask_at = now
        self._out: list[Datagram] = []
        self.machines: list[MachineItem] = []
        self.details: list[Detail] = []
        self.done = False

    def wake(self, now: float) -> None:
        """Ask, or ask again."""
        if self.done or self._ask_at > now:
            return
        self._nonce = self._rng.getrandbits(64) or 1
        query = Query(self._nonce, self._topic, self._after)
        self._out.append(self._voice.say(Type.QUERY, query, self._address))
        self._ask_at = now + RETRY_SECONDS

    def next_timer(self) -> float:
        """Return when `wake` is wanted; infinity when all is here."""
        return math.inf if self.done else self._ask_at

    def drain(self) -> list[Datagram]:
        """Return what is to be sent, once."""
        out, self._out = self._out, []
        return out

    def receive(self, data: bytes, now: float) -> None:
        """Take a datagram as it came.

        Raises:
            Rejected: it is no answer to what was asked.
        """
        _, message = self._voice.hear(data)
        if not isinstance(message, Answer) or not self._nonce or message.echo != self._nonce:
            raise Rejected(Reject.ECHO)
        machines = [answers.machine_from_wire(wire, now) for wire in message.machines]
        details = [answers.detail_from_wire(wire) for wire in message.details]
        self._nonce = 0
        self.machines += machines
        self.details += details
        keys = [*(item.id for item in machines), *(item.name for item in details)]
        self.done = not message.more or not keys
        self._after = keys[-1] if keys else self._after
        self._ask_at = now
