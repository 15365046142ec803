"""Here: a target on this host at one moment, all that an obstacle is looked for in.

Rules of this file: values alone, taken together from the target's ledger, its claim and the rooms; what
follows from them is in `obstacles`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vacnet.agent.events import HostFacts
from vacnet.agent.keeping import Keeping
from vacnet.agent.rooms import Rooms
from vacnet.decide.blackholes import Suspicion
from vacnet.decide.caps import ahead
from vacnet.decide.local import LocalBackOff
from vacnet.decide.placement import Room
from vacnet.decide.reasons import Reason
from vacnet.decide.standing import Claim, Standing
from vacnet.decide.superslots import Superslot
from vacnet.space.hold import NEVER_HELD, Hold
from vacnet.targets.model import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """A target on this host at this moment."""

    target: Target
    standing: Standing
    vetoes: tuple[Reason, ...]
    facts: HostFacts
    room: Room
    """Where a machine would go."""
    room_whole: Room
    """The host without any machine."""
    room_unslotted: Room
    """All that is free, whatever superslot it is of."""
    superslots: tuple[Superslot, ...] = ()
    """Those that are not full, the one that ends first before the others."""
    room_unkept: Room
    """As if no room were kept or claimed for anything."""
    keeping: Keeping
    kept_for: tuple[str, ...]
    """Other targets for which room is kept here."""
    hold: Hold = NEVER_HELD
    """Whether it is held in the whole space."""
    machines_here: int
    claims_ahead: tuple[Claim, ...] = ()
    """Of others, those that count before this factory's own."""
    claimed: int = 0
    """Processors of this factory's own claim."""
    not_made: str
    """Why the last one was not made; empty once its retry has come."""
    retry_at: float
    back_off: LocalBackOff
    error_code: int
    suspicion: Suspicion
    on_trial: bool
    """A machine of it that began after the last failure here runs and has not proved yet."""
    wary: bool
    """The newest verdict here is a failure."""
    now: float


def look_here(rooms: Rooms, name: str, standing: Standing, vetoes: tuple[Reason, ...], now: float) -> Here:
    """Return how it is here with a target now: one that stands so in the space."""
    ledger, bid, room = rooms.ledgers[name], rooms.bids[name], rooms.free(besides=name)
    kept_for = rooms.kept_for(besides=name)
    return Here(
        target=ledger.target,
        standing=standing,
        vetoes=vetoes,
        facts=rooms.facts,
        room=rooms.spot(name, room, now).room,
        room_whole=rooms.whole(),
        room_unslotted=room,
        superslots=rooms.lacking(),
        room_unkept=rooms.unkept() if kept_for else room,
        keeping=rooms.keepings[name],
        kept_for=kept_for,
        hold=ledger.hold,
        machines_here=len(ledger.unfinished()),
        claims_ahead=ahead(name, standing, rooms.settings.factory, bid.ticket),
        claimed=bid.processors,
        not_made=ledger.not_made if now < ledger.not_made_until else "",
        retry_at=ledger.not_made_until,
        back_off=ledger.back_off,
        error_code=ledger.error_code,
        suspicion=ledger.suspicion,
        on_trial=ledger.on_trial(),
        wary=ledger.wary(),
        now=now,
    )
