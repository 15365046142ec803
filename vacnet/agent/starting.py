"""Starting: what becomes of a target that was chosen, or whose ticket is ripe: a claim, or a machine.

Rules of this file: it changes the target's bid, keeping and ledger, and returns the rest as a value. A start
gives up the claim and the room kept for it, for the machine takes both over.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from uuid import UUID

from vacnet.agent.effects import StartMachine, Ticket
from vacnet.agent.own import OwnMachine
from vacnet.agent.rooms import Rooms
from vacnet.decide.caps import is_capped, processors_left
from vacnet.decide.placement import fits
from vacnet.decide.reasons import Reason
from vacnet.decide.standing import Standing
from vacnet.decide.windows import State
from vacnet.quantities import plural

OPEN_TICKET = -1
"""Ticket number of a machine started on an open target."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done for a target."""

    reason: Reason
    look_at: float
    """When time alone makes more of it."""
    start: StartMachine | None = None


@dataclass(frozen=True, slots=True)
class Starter:
    """Claims and starts for one factory."""

    rooms: Rooms
    rng: Random

    def act(self, name: str, standing: Standing, now: float) -> Deed:
        """Start a machine of an open target that has no limit, claim for any other."""
        target, bid = self.rooms.ledgers[name].target, self.rooms.bids[name]
        given = fits(target, self.rooms.spot(name, self.rooms.free(besides=name), now).room)
        given = min(given, processors_left(target, standing, standing.claims))
        if standing.state is not State.OPEN:
            bid.claim(given, now)
        elif is_capped(target):
            bid.claim_open(given, now)
        else:
            return self._start(name, OPEN_TICKET, given, now)
        what = "a machine" if bid.open else f"ticket {bid.ticket}"
        words = f"claims {what} for {plural(given, 'processor')}, rank {bid.turn.rank + 1}"
        return Deed(Reason(name, "chosen", words, {"ticket": bid.ticket, "processors": given}), bid.due)

    def start_claimed(self, name: str, now: float) -> Deed:
        """Start the machine that was claimed."""
        bid = self.rooms.bids[name]
        return self._start(name, OPEN_TICKET if bid.open else bid.ticket, bid.processors, now)

    def _start(self, name: str, ticket: int, given: int, now: float) -> Deed:
        ledger = self.rooms.ledgers[name]
        self.rooms.bids[name].withdraw()
        self.rooms.keepings[name].withdraw()
        uuid = str(UUID(int=self.rng.getrandbits(128), version=4))
        held = Ticket(ledger.window.number, ledger.window.opener, ticket)
        until = self.rooms.until(name, given, now)
        ledger.add(OwnMachine(uuid, name, given, held, now, deadline_at=until), now)
        start = StartMachine(
            uuid=uuid, target=ledger.target, processors=given, deadline_at=until, ticket=held
        )
        on = f"on ticket {ticket}" if ticket >= 0 else "as an open target"
        return Deed(Reason(name, "chosen", f"starts a machine {on}", {"processors": given}), now, start)
