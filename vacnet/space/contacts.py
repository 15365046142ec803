"""Contacts: addresses at which a factory should be, greeted until one answers.

Rules of this file: a configured contact is never given up; one met before, or heard of, is after a day.
Retries double from one second up to as many seconds as there are unanswered contacts, at least 3 and at
most 60: in total about one HELLO a second, and a hypervisor that comes up after it was listed is found
within seconds when few are missing. A contact whose factory falls silent is unanswered again: that, and
the one sync in ten, are what heals a partition from both sides.

Sources: the gossip research on partitions that never heal because both sides gave up (serf#605,
wesher#11); binary exponential backoff with a ceiling as in RFC 6298 section 5.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from random import Random

from vacnet.space.address import Address
from vacnet.space.limits import (
    CONTACTS_MAX,
    FORGET_SECONDS,
    HELLO_CEILING_SECONDS,
    HELLO_FIRST_SECONDS,
    JITTER,
)


@dataclass(slots=True)
class Contact:
    """An address to greet."""

    address: Address
    since: float
    due_at: float
    configured: bool = False
    tries: int = 0
    answered_by: bytes | None = None
    """The factory that answers there; its own id when the address is my own."""


class Contacts:
    """All contacts by address, in the order of meeting."""

    def __init__(self, rng: Random) -> None:
        """Begin with none."""
        self._rng = rng
        self._contacts: dict[Address, Contact] = {}
        self._given_up: list[Address] = []
        self.next_at = math.inf

    def configure(self, addresses: Iterable[Address], now: float) -> None:
        """Take the configured peers; new ones and unanswered ones are due at once."""
        wanted = dict.fromkeys(addresses)
        for contact in list(self._contacts.values()):
            if contact.configured and contact.address not in wanted:
                contact.configured = False
        for address in wanted:
            contact = self._contacts.setdefault(address, Contact(address, now, now))
            contact.configured = True
            if contact.answered_by is None:
                self._begin(contact, now)

    def meet(self, address: Address, now: float) -> None:
        """Take an address that was heard of; known ones keep their turn."""
        if address in self._contacts or len(self._contacts) >= CONTACTS_MAX:
            return
        contact = self._contacts[address] = Contact(address, now, now)
        self._begin(contact, now)

    def answered(self, address: Address, fid: bytes, now: float) -> None:
        """Note that this factory answers there: no more greetings."""
        self.meet(address, now)
        if (contact := self._contacts.get(address)) is not None:
            contact.answered_by, contact.due_at, contact.tries = fid, math.inf, 0

    def lost(self, fids: AbstractSet[bytes], now: float) -> None:
        """Greet again where these factories answered."""
        for contact in self._contacts.values():
            if contact.answered_by in fids:
                self._begin(contact, now)

    def due(self, now: float) -> list[Address]:
        """Return whom to greet now, and set their next turn."""
        stale = [contact.address for contact in self._contacts.values() if self._stale(contact, now)]
        for address in stale:
            del self._contacts[address]
        self._given_up += stale
        waiting = [contact for contact in self._contacts.values() if contact.answered_by is None]
        due = [contact for contact in waiting if contact.due_at <= now]
        for contact in due:
            self._postpone(contact, len(waiting), now)
        self.next_at = min((contact.due_at for contact in waiting), default=math.inf)
        return [contact.address for contact in due]

    def given_up(self) -> list[Address]:
        """Return where nobody has answered for a day, once."""
        given_up, self._given_up = self._given_up, []
        return given_up

    def unanswered(self) -> list[Address]:
        """Return the configured peers that do not answer."""
        found = self._contacts.values()
        return [contact.address for contact in found if contact.configured and contact.answered_by is None]

    def awaits(self, address: Address) -> bool:
        """Tell whether a factory is expected at this address."""
        return address in self._contacts

    def _begin(self, contact: Contact, now: float) -> None:
        contact.answered_by, contact.due_at, contact.since, contact.tries = None, now, now, 0
        self.next_at = min(self.next_at, now)

    def _postpone(self, contact: Contact, waiting: int, now: float) -> None:
        lowest, highest = HELLO_CEILING_SECONDS
        ceiling = min(highest, max(lowest, waiting))
        wait = min(ceiling, HELLO_FIRST_SECONDS * 2 ** min(contact.tries, 16))
        contact.tries += 1
        contact.due_at = now + wait * self._rng.uniform(1 - JITTER, 1 + JITTER)

    @staticmethod
    def _stale(contact: Contact, now: float) -> bool:
        forgotten = now - contact.since > FORGET_SECONDS
        return forgotten and not contact.configured and contact.answered_by is None
