"""The board: all targets of this factory side by side, and the one pass that decides.

Rules of this file: a pass looks at every target in a fixed order and only then lets shares choose one
among those that could start now. It is run when something changed or a time has come, never on a fixed
cycle; but a factory chooses at most once a second, so that targets whose times come apart by less than
that, open ones that draw and growing ones whose turn has come, still contend with each other. Without
that pause a growing target takes every processor the moment it is free, and an open one starves beside
it; and a factory that takes all that could start together fills by count and not by share.

    vetoes of the host -> per target: share, caps, fit, window, ticket -> shares choose -> claim or start
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from random import Random
from uuid import UUID

from msgspec import structs

from vacnet.agent.advance import advance
from vacnet.agent.bid import Bid, Step
from vacnet.agent.effects import Effect, PersistWindow, StartMachine, Ticket
from vacnet.agent.events import AgentSettings, HostFacts
from vacnet.agent.ledger import Ledger, new_ledger
from vacnet.agent.neighbours import Neighbours, neighbours
from vacnet.agent.obstacles import Here, obstacle
from vacnet.agent.others import Others
from vacnet.agent.own import OwnMachine
from vacnet.decide.growth import DRAW_SECONDS, chance
from vacnet.decide.placement import GB, Room, deadline_at, fits, machines_that_fit
from vacnet.decide.reasons import Decision, Reason
from vacnet.decide.shares import Choice, Contender, draw, free_soon
from vacnet.decide.standing import Standing
from vacnet.decide.windows import State
from vacnet.quantities import duration, plural
from vacnet.space.rows import TargetRow
from vacnet.space.table import Table
from vacnet.space.window import Window
from vacnet.targets.model import Target

OPEN_TICKET = -1
"""Ticket number of a machine started on an open target."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """How a target stood when it was last advanced, and until when that holds if nothing changes."""

    standing: Standing
    """Without this factory's candidacy."""
    able: Standing
    """With it. Both stay the same objects until something changes, so that no bid reckons twice."""
    until: float


@dataclass(slots=True)
class Board:
    """All targets of one factory; `review` is the decision."""

    settings: AgentSettings
    table: Table
    rng: Random
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    bids: dict[str, Bid] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    able: set[str] = field(default_factory=set)
    """Targets without an obstacle here: this factory is a candidate for them."""
    stale: set[str] = field(default_factory=set)
    """Targets of which something has changed since they were looked at."""
    facts: HostFacts = field(default_factory=HostFacts)
    effects: list[Effect] = field(default_factory=list)
    choose_at: float = 0.0
    """No earlier does shares' next choice come."""
    choice: Choice | None = None
    """The last choice of shares, made at `chosen_at`."""
    chosen_at: float = 0.0
    wake_at: float = 0.0
    _others: dict[str, Others] = field(default_factory=dict)
    _advanced: dict[str, Advanced] = field(default_factory=dict)
    _around: Neighbours | None = None

    # --- targets come and go ----------------------------------------------------------------------------

    def set_targets(self, targets: tuple[Target, ...], now: float) -> None:
        """Offer these targets from now on; one no longer offered stays while machines of it run."""
        wanted = {target.name: target for target in targets}
        for name, target in wanted.items():
            self.offer(target, now).define(target)
            self.bids[name].target = target
            self.stale.add(name)
        for name in [name for name in self.ledgers if name not in wanted]:
            self._retire(name)

    def offer(self, target: Target, now: float) -> Ledger:
        """Return the target's ledger, made new if there is none."""
        if target.name not in self.ledgers:
            self.ledgers[target.name] = new_ledger(target, now)
            self.bids[target.name] = Bid(target, self.settings.factory)
            self._others[target.name] = Others(target.name, self.settings.factory)
        return self.ledgers[target.name]

    def _retire(self, name: str) -> None:
        ledger = self.ledgers[name]
        if ledger.unfinished():
            ledger.define(Target(name=name))
            self.bids[name].target = ledger.target
            return
        for of_target in (
            self.ledgers,
            self.bids,
            self.standings,
            self.reasons,
            self._others,
            self._advanced,
        ):
            of_target.pop(name, None)

    # --- who else is there ---------------------------------------------------------------------------

    def around(self, now: float) -> Neighbours:
        """Return the other factories; found anew when somebody's liveness has changed, and not before."""
        if self._around is None or now >= self._around.changes_at:
            self._around = neighbours(self.table, now)
        return self._around

    def look_around(self) -> None:
        """Look anew at who is there, and with that at every target."""
        self._around = None
        self.stale.update(self.ledgers)

    def row_changed(self, factory: str, target: str) -> None:
        """Have another factory's row of a target that is offered here read anew."""
        self._others[target].changed.add(factory)
        self.stale.add(target)

    def factory_changed(self, factory: str) -> bool:
        """Have all rows of a factory read anew if what its processors are worth has changed; tell if so."""
        known = self.table.factories.get(factory)
        for name, others in self._others.items():
            counted = others.tally.peers.get(factory)
            if known is not None and counted is not None and counted.weight != known.row.weight:
                self.row_changed(factory, name)
        return bool(self.stale)

    # --- the pass ---------------------------------------------------------------------------------------

    def review(self, vetoes: tuple[Reason, ...], now: float) -> Decision:
        """Look at every target, choose, claim and start; the effects are appended to `effects`."""
        self.wake_at = math.inf
        self.able.clear()
        around = self.around(now)
        for name in self.ledgers:
            self._advance(name, around, now)
        self.stale.clear()
        ready = [name for name in self.ledgers if self._look(name, vetoes, now)]
        choice = self._choose(ready, around, now) if ready else None
        chosen = choice.chosen if choice else ""
        return Decision(now, chosen, (*vetoes, *self.reasons.values()), choice)

    def _advance(self, name: str, around: Neighbours, now: float) -> None:
        """Bring a target's window up to date if anything of it has changed or its time has come."""
        advanced = self._advanced.get(name)
        if advanced is None or name in self.stale or now >= advanced.until:
            ledger = self.ledgers[name]
            before = ledger.window
            others = self._others[name]
            others.read(around)
            ledger.judge(others.peers, now)
            standing = advance(ledger, self.settings, others, now)
            if _worth_keeping(before, ledger.window):
                self.effects.append(PersistWindow(name, ledger.window))
            ends = (claim.expires_at for claim in standing.claims)
            until = min((around.changes_at, ledger.next_change(now), *ends))
            advanced = self._advanced[name] = Advanced(standing, self._with_me(standing), until)
        self._wake(advanced.until)

    def _with_me(self, standing: Standing) -> Standing:
        return replace(standing, candidates=(*standing.candidates, self.settings.factory))

    def _look(self, name: str, vetoes: tuple[Reason, ...], now: float) -> bool:
        """Look at what a target allows here; True when it could be claimed or started now."""
        standing = self._advanced[name].standing
        why_not = obstacle(self._here(name, standing, vetoes, now))
        if why_not is None:
            self.able.add(name)
            standing = self._advanced[name].able
        self.standings[name] = standing
        self._bid(name, standing, now)
        if why_not is not None:
            self.reasons[name] = why_not
            return False
        if standing.state is State.OPEN:
            return True
        return self._step(name, standing, now)

    def _bid(self, name: str, standing: Standing, now: float) -> None:
        bid = self.bids[name]
        bid.review(standing, now, self.rng, able=name in self.able)
        if bid.due > now:  # a turn that has come waits for the choice, not for a time
            self._wake(bid.due)

    def _step(self, name: str, standing: Standing, now: float) -> bool:
        """Go on with a ticket; True when its turn to claim has come."""
        bid = self.bids[name]
        if bid.step is Step.READY_TO_START:
            self._start(name, bid.ticket, bid.processors, now)
            return False
        self.reasons[name] = _of_window(bid, standing, now)
        return bid.step is Step.READY_TO_CLAIM

    # --- choosing ---------------------------------------------------------------------------------------

    def _choose(self, ready: list[str], around: Neighbours, now: float) -> Choice | None:
        """Let shares draw one of the ready ones, at most once a second; None: nothing was drawn from."""
        if now < self.choose_at:
            self._pause(ready)
            return None
        self.choose_at = now + DRAW_SECONDS
        self._wake(self.choose_at)
        drawn = [name for name in ready if self._draws(name, around)]
        choice = draw(*self._market(drawn, around), self.rng) if drawn else None
        for name in drawn:
            words = "another target was drawn by share; the next choice is in a second"
            self.reasons[name] = Reason(name, "share.other", words)
        if choice is not None:
            self.choice, self.chosen_at = choice, now
            self._act(choice.chosen, now)
        return choice

    def _pause(self, ready: list[str]) -> None:
        self._wake(self.choose_at)
        for name in ready:
            words = "could start: this factory chooses once a second"
            self.reasons[name] = Reason(name, "choice.pause", words)

    def _draws(self, name: str, around: Neighbours) -> bool:
        """Draw the lot of an open target; one whose turn on a ticket has come needs none."""
        standing = self.standings[name]
        if standing.state is not State.OPEN:
            return True
        in_space = self.settings.processors + around.processors()
        likely = chance(self.ledgers[name].target, standing, in_space)
        words = f"open: draws once a second with chance {likely:.2f}"
        self.reasons[name] = Reason(name, "open.not-drawn", words, {"chance": likely})
        return self.rng.random() < likely

    def _market(self, names: list[str], around: Neighbours) -> tuple[list[Contender], float, float]:
        """Return the contenders, what they have, and what is free, all in processors x weight."""
        contenders = [self._contender(name) for name in names]
        size = max(self.ledgers[name].target.max_processors for name in names)
        free = around.free_work(size) + free_soon(self.room().processors, size) * self.settings.weight
        return contenders, sum(contender.running for contender in contenders), free

    def _contender(self, name: str) -> Contender:
        target = self.ledgers[name].target
        return Contender(name, target.group or name, target.target_share, self.standings[name].work)

    def _act(self, name: str, now: float) -> None:
        """Start a machine of an open target, claim a ticket of another."""
        given = fits(self.ledgers[name].target, self.room())
        if self.standings[name].state is State.OPEN:
            self._start(name, OPEN_TICKET, given, now)
            return
        bid = self.bids[name]
        bid.claim(given, now)
        self._wake(bid.due)
        words = f"claims ticket {bid.ticket} for {plural(given, 'processor')}, rank {bid.turn.rank + 1}"
        self.reasons[name] = Reason(name, "chosen", words, {"ticket": bid.ticket, "processors": given})

    def _start(self, name: str, ticket: int, given: int, now: float) -> None:
        ledger, window = self.ledgers[name], self.ledgers[name].window
        self.bids[name].withdraw()
        uuid = str(UUID(int=self.rng.getrandbits(128), version=4))
        held = Ticket(window.number, window.opener, ticket)
        ledger.add(OwnMachine(uuid, name, given, held, now), now)
        self.stale.add(name)
        until = deadline_at(ledger.target, self.room(), now)
        start = StartMachine(
            uuid=uuid, target=ledger.target, processors=given, deadline_at=until, ticket=held
        )
        self.effects.append(start)
        on = f"on ticket {ticket}" if ticket >= 0 else "as an open target"
        self.reasons[name] = Reason(name, "chosen", f"starts a machine {on}", {"processors": given})
        self._wake(now)

    # --- what is here -----------------------------------------------------------------------------------

    def _here(self, name: str, standing: Standing, vetoes: tuple[Reason, ...], now: float) -> Here:
        ledger = self.ledgers[name]
        return Here(
            target=ledger.target,
            standing=standing,
            vetoes=vetoes,
            facts=self.facts,
            room=self.room(besides=name),
            machines_here=len(ledger.unfinished()),
            not_made=ledger.not_made if now < ledger.not_made_until else "",
            retry_at=ledger.not_made_until,
            back_off=ledger.back_off,
            error_code=ledger.error_code,
            suspicion=ledger.suspicion,
            on_trial=any(machine.proved_at is None for machine in ledger.unfinished()),
            now=now,
        )

    def room(self, *, besides: str = "") -> Room:
        """Return what is free of processors, memory, disk and GPUs; the claim of `besides` counts as free."""
        own = [(ledger.target, m.processors) for ledger in self.ledgers.values() for m in ledger.unfinished()]
        own += [(b.target, b.processors) for name, b in self.bids.items() if b.processors and name != besides]
        settings = self.settings
        return Room(
            processors=settings.processors - sum(count for _, count in own),
            memory_bytes=settings.memory_bytes - sum(t.memory_bytes_per_processor * n for t, n in own),
            disk_bytes=settings.disk_bytes - sum(t.disk_gb_per_processor * GB * n for t, n in own),
            gpus=settings.gpus - sum(target.gpus for target, _ in own),
            until=self.facts.deadline_at,
        )

    def processors_running(self) -> int:
        """Return the processors of unfinished machines."""
        return sum(m.processors for ledger in self.ledgers.values() for m in ledger.unfinished())

    def row(self, name: str, now: float) -> TargetRow:
        """Return this factory's row of a target, as the others are to have it."""
        ledger, bid = self.ledgers[name], self.bids[name]
        can = machines_that_fit(ledger.target, self.room(besides=name)) if name in self.able else 0
        base = TargetRow(
            target=name,
            window=ledger.window,
            can=can,
            claim=bid.ticket,
            claim_at=bid.claimed_at,
            processors_claimed=bid.processors,
            share=ledger.target.target_share,
            digest=ledger.digest,
        )
        return ledger.row(base, now)

    def _wake(self, *times: float) -> None:
        self.wake_at = min((self.wake_at, *times))


def _worth_keeping(before: Window, after: Window) -> bool:
    """Tell whether a window differs by more than a better estimate of its age."""
    return (
        structs.replace(after, opened_at=before.opened_at) != before
        or before.opened_at - after.opened_at > 1.0
    )


def _of_window(bid: Bid, standing: Standing, now: float) -> Reason:
    """Return where a target's ticket stands, in words."""
    name, window = bid.target.name, standing.window
    if standing.state is State.BACK_OFF:
        left = window.ends_at() - now
        words = f"no work: {window.opener} opened window {window.number}, {duration(left)} left"
        return Reason(name, "window.back-off", words, {"left_seconds": round(left, 1)})
    if bid.step is Step.NO_TURN:
        words = f"all {standing.available} tickets are taken; each proof lets out more"
        return Reason(name, "ticket.none-free", words, {"available": standing.available})
    words = f"ticket {bid.turn.ticket}: rank {bid.turn.rank + 1} of {bid.candidates}, {bid.step}"
    numbers = {"ticket": bid.turn.ticket, "rank": bid.turn.rank, "candidates": bid.candidates}
    return Reason(name, f"ticket.{bid.step.value.replace(' ', '-')}", words, numbers)
