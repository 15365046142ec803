"""The board: all targets of this factory side by side, and the one pass that decides.

Rules of this file: a pass looks at every target in a fixed order and only then lets shares choose one
among those that could start now. It is run when something changed or a time has come, never on a fixed
cycle.

    how each target stands in the space (`outlook`)
        -> vetoes of the host -> room kept for large targets
        -> per target: share, caps, fit, window, ticket -> shares choose (`choosing`)
        -> claim or start (`starting`)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from random import Random

from vacnet.agent.bid import Bid, Step
from vacnet.agent.choosing import Chooser
from vacnet.agent.effects import Effect
from vacnet.agent.events import AgentSettings
from vacnet.agent.here import look_here
from vacnet.agent.keeping import Call, Keeping
from vacnet.agent.ledger import Ledger, new_ledger
from vacnet.agent.neighbours import Neighbours
from vacnet.agent.obstacles import ROOM_RULES, obstacle
from vacnet.agent.outlook import Outlook
from vacnet.agent.past import Past, past_of, unoffered
from vacnet.agent.quotas import quota
from vacnet.agent.rooms import Rooms
from vacnet.agent.starting import Deed, Starter
from vacnet.decide.placement import is_large, machines_that_fit
from vacnet.decide.reasons import Decision, Reason
from vacnet.decide.reservations import Quota
from vacnet.decide.shares import Choice
from vacnet.decide.standing import Standing
from vacnet.decide.windows import State
from vacnet.space.rows import NO_CLAIM, RESERVATION, TargetRow
from vacnet.space.table import Table
from vacnet.targets.model import Target


@dataclass(slots=True)
class Board:
    """All targets of one factory; `review` is the decision."""

    settings: AgentSettings
    table: Table
    rng: Random
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    bids: dict[str, Bid] = field(default_factory=dict)
    keepings: dict[str, Keeping] = field(default_factory=dict)
    outlook: Outlook = field(init=False)
    rooms: Rooms = field(init=False)
    chooser: Chooser = field(init=False)
    starter: Starter = field(init=False)
    pasts: dict[str, Past] = field(default_factory=dict)
    """What is known of targets that are not offered now."""
    leaving: set[str] = field(default_factory=set)
    """Targets that are not offered: each stays while machines of it run."""
    large: tuple[str, ...] = ()
    """Targets whose room others take bit by bit: for these it may be kept."""
    standings: dict[str, Standing] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    able: set[str] = field(default_factory=set)
    """Targets without an obstacle here: this factory is a candidate for them."""
    effects: list[Effect] = field(default_factory=list)
    wake_at: float = 0.0

    def __post_init__(self) -> None:
        """Have what takes room, and how targets stand, seen as it changes."""
        self.outlook = Outlook(self.settings, self.table, self.ledgers)
        self.rooms = Rooms(self.settings, self.ledgers, self.bids, self.keepings)
        self.chooser, self.starter = Chooser(self.rooms, self.rng), Starter(self.rooms, self.rng)

    def follow(self, settings: AgentSettings) -> None:
        """Decide by other settings from now on; their targets are set apart."""
        self.settings = self.rooms.settings = self.outlook.settings = settings

    # --- targets come and go ----------------------------------------------------------------------------

    def set_targets(self, targets: tuple[Target, ...], now: float) -> None:
        """Offer these targets from now on; those that are not among them leave."""
        wanted = {target.name: target for target in targets}
        for name, target in wanted.items():
            self.offer(target, now).define(target)
            self.bids[name].target = self.keepings[name].target = target
            self.outlook.stale.add(name)
        self.leaving = self.ledgers.keys() - wanted.keys()
        for name in self.leaving:
            self.ledgers[name].define(unoffered(self.ledgers[name].target))
            self.bids[name].target = self.ledgers[name].target
        self._let_go()
        self.large = tuple(name for name, target in wanted.items() if is_large(target, targets))
        for name in self.keepings.keys() - {*self.large}:
            self.keepings[name].withdraw()

    def offer(self, target: Target, now: float) -> Ledger:
        """Return the target's ledger, made new if there is none."""
        if target.name not in self.ledgers:
            self.ledgers[target.name] = new_ledger(target, now)
            self.pasts.pop(target.name, Past()).enter(self.ledgers[target.name])
            self.bids[target.name] = Bid(target, self.settings.factory)
            self.keepings[target.name] = Keeping(target, self.settings.factory)
            self.outlook.begin(target.name)
        return self.ledgers[target.name]

    def remember(self, name: str, past: Past) -> None:
        """Take over what the record kept of a target, now or when it is offered."""
        if name in self.ledgers:
            past.enter(self.ledgers[name])
        else:
            self.pasts[name] = past

    def take_in(self, target: Target, now: float) -> Ledger:
        """Return the ledger of a machine's target, whether that is offered or not."""
        if target.name not in self.ledgers:
            self.leaving.add(target.name)
        return self.offer(unoffered(target), now)

    def _let_go(self) -> None:
        """Forget the targets that leave of which the last machine has ended."""
        for name in [name for name in self.leaving if not self.ledgers[name].unfinished()]:
            self.leaving.remove(name)
            self._forget(name)

    def _forget(self, name: str) -> None:
        if (past := past_of(self.ledgers[name])).says_anything:
            self.pasts[name] = past
        for of_target in (self.ledgers, self.bids, self.keepings, self.standings, self.reasons):
            of_target.pop(name, None)
        self.outlook.end(name)

    # --- when it is looked at ---------------------------------------------------------------------------

    def wake(self, at: float) -> None:
        """Have the board looked at then, if it is not before."""
        self.wake_at = min(self.wake_at, at)

    def look_at(self, target: str, now: float) -> None:
        """Have a target looked at anew, at once."""
        self.outlook.stale.add(target)
        self.wake(now)

    # --- the pass ---------------------------------------------------------------------------------------

    def review(self, vetoes: tuple[Reason, ...], now: float) -> Decision:
        """Look at every target, choose, claim and start; the effects are appended to `effects`."""
        self.wake_at = math.inf
        self.able.clear()
        self._let_go()
        around = self.outlook.around(now)
        self.effects += self.outlook.advance_all(around, now)
        self.wake(self.outlook.until())
        for name in self.large:
            self._keep(name, vetoes, around, now)
        ready = [name for name in self.ledgers if self._look(name, vetoes, now)]
        choice = self._choose(ready, around, now) if ready else None
        chosen = choice.chosen if choice else ""
        return Decision(now, chosen, (*vetoes, *self.reasons.values()), choice)

    # --- room for large targets -------------------------------------------------------------------------

    def _keep(self, name: str, vetoes: tuple[Reason, ...], around: Neighbours, now: float) -> None:
        """Keep room for a large target, or no longer; before any is looked at, for all see what is left."""
        keeping, standing = self.keepings[name], self.outlook.advanced[name].standing
        why_not = obstacle(look_here(self.rooms, name, standing, vetoes, now))
        if why_not is None or why_not.rule in ROOM_RULES:
            call = self._call(name, around, able=why_not is None or bool(standing.candidates))
            keeping.review(call, partial(self.rooms.free_in, name, now), now, self.rng)
        else:
            keeping.withdraw()
        self.wake(keeping.next_change(now))

    def _call(self, name: str, around: Neighbours, *, able: bool) -> Call:
        standing = self.outlook.advanced[name].standing
        return Call(
            window=standing.window,
            allowed=self.quota(name, around).allowed,
            holders=tuple(one.factory for one in standing.reservations),
            able=able,
            factories=around.live + 1,
        )

    def quota(self, name: str, around: Neighbours) -> Quota:
        """Return how much room may be kept for a target in the whole space."""
        targets = {
            other: (one.target, self.outlook.advanced[other].standing)
            for other, one in self.ledgers.items()
            if other == name or not one.hold.held
        }
        return quota(name, targets, self.settings, around)

    # --- one target -----------------------------------------------------------------------------------

    def _look(self, name: str, vetoes: tuple[Reason, ...], now: float) -> bool:
        """Look at what a target allows here; True when it could be claimed or started now."""
        standing = self.outlook.advanced[name].standing
        why_not = obstacle(look_here(self.rooms, name, standing, vetoes, now))
        if why_not is None:
            self.able.add(name)
            standing = self.outlook.advanced[name].able
        self.standings[name] = standing
        self._bid(name, standing, now)
        if why_not is not None:
            self.reasons[name] = why_not
            return False
        if standing.state is State.OPEN and not self.bids[name].open:
            return True
        return self._step(name, standing, now)

    def _bid(self, name: str, standing: Standing, now: float) -> None:
        bid = self.bids[name]
        bid.review(standing, now, self.rng, able=name in self.able)
        if bid.due > now:  # a turn that has come waits for the choice, not for a time
            self.wake(bid.due)

    def _step(self, name: str, standing: Standing, now: float) -> bool:
        """Go on with a ticket; True when its turn to claim has come."""
        bid = self.bids[name]
        if bid.step is Step.READY_TO_START:
            self._note(name, self.starter.start_claimed(name, now))
            return False
        self.reasons[name] = bid.reason(standing, now)
        return bid.step is Step.READY_TO_CLAIM

    def _choose(self, ready: list[str], around: Neighbours, now: float) -> Choice | None:
        """Let shares draw one of the ready ones and act on it; None: nothing was drawn from."""
        choice, reasons = self.chooser.choose(ready, self.standings, around, now)
        self.reasons.update(reasons)
        self.wake(self.chooser.next_at)
        if choice is not None:
            name = choice.chosen
            self._note(name, self.starter.act(name, self.standings[name], now))
        return choice

    def _note(self, name: str, deed: Deed) -> None:
        """Note what was done for a target."""
        self.reasons[name] = deed.reason
        self.wake(deed.look_at)
        if deed.start is not None:
            self.effects.append(deed.start)
            self.outlook.stale.add(name)

    # --- what others are told ---------------------------------------------------------------------------

    def row(self, name: str, now: float) -> TargetRow:
        """Return this factory's row of a target, as the others are to have it."""
        ledger, bid, keeping = self.ledgers[name], self.bids[name], self.keepings[name]
        claims = bid.claimed_at is not None
        unclaimed = NO_CLAIM if keeping.kept_at is None else RESERVATION
        room = self.rooms.spot(name, self.rooms.free(besides=name), now).room
        can = machines_that_fit(ledger.target, room) if name in self.able else 0
        if most := ledger.target.max_machines_per_factory:
            can = min(can, most - len(ledger.unfinished()))
        base = TargetRow(
            target=name,
            window=ledger.window,
            can=can,
            claim=bid.ticket if claims else unclaimed,
            claim_at=bid.claimed_at if claims else keeping.kept_at,
            processors_claimed=self.rooms.kept(name),
            share=ledger.target.target_share,
            digest=ledger.digest,
        )
        return ledger.row(base, now)
