"""A watched site too large for agents: the same windows, tickets and shares, decided in one place.

Rules of this file: nobody gossips, so there is no delay, no claim and no race; whoever wants to know those
simulates fewer factories. Time goes by in steps of one second: what is startable is started, the target
that lacks most first, on a factory with room drawn by lot. A target's state follows DESIGN section 7: back-
off, one probe, growth by proofs, open; noworks that outweigh them begin the next window, twice as long as
the last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from vacnet import quantities
from vacnet.agent.view import FactoryView, OutcomeView, SpaceView, TargetView
from vacnet.agent.why import Why
from vacnet.decide.reasons import Decision
from vacnet.simulate.clock import Clock
from vacnet.simulate.toys import Behaviour, Verdict, outcome_of
from vacnet.simulate.watched.toy import EVENTS_KEPT, ToyEvent, ToyMachine
from vacnet.simulate.whatif.behaving import behaviours
from vacnet.simulate.whatif.site import Hosts, Site
from vacnet.targets.model import Target

STEP_SECONDS = 1.0
TICKETS = 64
OUTCOMES_KEPT = 24
ENDED_KEPT = 20
"""Of each factory."""
NOWORK_PARTS = 8
OPEN_LEAST, OPEN_PART = 4, 0.05
MINUTE_SECONDS = 60.0
GIB = 1 << 30
VERSION = "sketch"


@dataclass(slots=True)
class _Factory:
    """One factory: room and machines."""

    name: str
    kind: Hosts
    free: int
    machines: dict[str, ToyMachine] = field(default_factory=dict)
    ended: deque[ToyMachine] = field(default_factory=lambda: deque(maxlen=ENDED_KEPT))


@dataclass(slots=True)
class _Plan:
    """One target: its window and what its machines came to."""

    target: Target
    behaviour: Behaviour
    number: int = 0
    streak: int = 0
    opener: str = ""
    opened_at: float = 0.0
    length: float = 0.0
    proofs: int = 0
    noworks: int = 0
    taken: int = 0
    is_open: bool = False
    running: int = 0
    processors: int = 0
    proven: int = 0
    outcomes: deque[tuple[str, int, str, float]] = field(default_factory=lambda: deque(maxlen=OUTCOMES_KEPT))

    @property
    def unproven(self) -> int:
        """Return how many machines have no verdict yet."""
        return self.running - self.proven

    def tickets(self) -> int:
        """Return how many tickets are out."""
        return min(TICKETS, 1 + (self.target.gain + 1) * self.proofs)

    def may_start(self, now: float, processors: int) -> int:
        """Return how many more may be started at this moment."""
        if now < self.opened_at + self.length:
            return 0
        if self.is_open:
            allowed = max(OPEN_LEAST, OPEN_PART * processors, self.target.gain * self.proven)
            return max(0, int(allowed) - self.unproven)
        return max(0, self.tickets() - self.taken)

    def state(self, now: float) -> tuple[str, str]:
        """Return its state and the words for it."""
        left = self.opened_at + self.length - now
        if left > 0:
            return "back-off", f"back-off: no work; {quantities.duration(left)} left"
        if self.is_open:
            return "open", f"open: {self.proven} proven, {self.unproven} unproven"
        if self.proofs:
            tickets = f"{self.taken} of {self.tickets()} tickets taken"
            return "growing", f"growing: {self.proofs} found work, {tickets}"
        return "probing", "probing: one machine tries" if self.taken else "probing: one may try"


class Sketch:
    """A site in one place; see `toy.Watched`."""

    def __init__(self, site: Site, seed: int) -> None:
        """Build it, empty."""
        self._clock, self._rng = Clock(), Random(seed)
        fates = behaviours(site, seed)
        self._plans = {target.name: _Plan(target, fates[target.name]) for target in site.targets}
        digits = len(str(site.factories))
        self._factories = {
            (name := f"node{number:0{digits}}.sim.example.org"): _Factory(name, kind, kind.processors)
            for number, kind in enumerate(site.each())
        }
        self._with_room = [factory for factory in self._factories.values() if factory.free > 0]
        self._processors = site.processors
        self._starts: deque[float] = deque()
        self._events: deque[ToyEvent] = deque(maxlen=EVENTS_KEPT)
        self._count = 0
        self._clock.after(0.0, self._step)

    @property
    def now(self) -> float:
        """Return virtual seconds since its beginning."""
        return self._clock.now

    @property
    def here(self) -> str:
        """Return the first factory."""
        return next(iter(self._factories))

    def run_until(self, now: float) -> None:
        """Let time pass."""
        self._clock.run_until(now)

    def machines(self, factory: str) -> list[ToyMachine]:
        """Return the machines of a factory, those that ended lately first."""
        found = self._factories.get(factory)
        return [*found.ended, *found.machines.values()] if found else []

    def events(self) -> list[ToyEvent]:
        """Return what happened on the first factory since the last call."""
        seen = list(self._events)
        self._events.clear()
        return seen

    def decision(self) -> tuple[float, Decision] | None:
        """Return nothing: no factory of a sketch decides."""
        return None

    def why(self, target: str) -> Why | None:  # noqa: ARG002 (of no target)
        """Return nothing: a sketch has no reasons."""
        return None

    # --- starting -----------------------------------------------------------------------------------------

    def _step(self) -> None:
        now = self._clock.now
        may = {
            name: count
            for name, plan in self._plans.items()
            if (count := plan.may_start(now, self._processors))
        }
        while may and self._with_room:
            name = self._most_lacking(may)
            factory = self._room_for(self._plans[name].target)
            if factory is None or may[name] == 1:
                del may[name]
            else:
                may[name] -= 1
            if factory is not None:
                self._start(self._plans[name], factory)
        self._clock.after(STEP_SECONDS, self._step)

    def _most_lacking(self, may: dict[str, int]) -> str:
        shares = sum(self._plans[name].target.target_share for name in may) or 1.0
        lack = {name: self._lack(self._plans[name], shares) for name in may}
        return max(lack, key=lambda name: (lack[name], name))

    def _lack(self, plan: _Plan, shares: float) -> float:
        return plan.target.target_share / shares * self._processors - plan.processors

    def _room_for(self, target: Target) -> _Factory | None:
        """Return a factory with room, by lot; None where the lot finds none."""
        for _ in range(8):
            factory = self._rng.choice(self._with_room)
            if factory.free >= target.min_processors:
                return factory
        return None

    def _start(self, plan: _Plan, factory: _Factory) -> None:
        now, target = self._clock.now, plan.target
        self._count += 1
        host, _, domain = factory.name.partition(".")
        machine = ToyMachine(
            id=f"{self._count}_{target.name}",
            name=f"{host}-{len(factory.machines):02}.{domain}",
            target=target,
            processors=target.min_processors,
            created_at=now,
            started_at=now,
            deadline_at=now + target.max_wallclock_seconds,
            ticket=-1 if plan.is_open else plan.taken,
            proven=False,
        )
        factory.machines[machine.id] = machine
        self._use(factory, machine.processors)
        plan.running, plan.processors, plan.taken = (
            plan.running + 1,
            plan.processors + machine.processors,
            plan.taken + 1,
        )
        self._starts.append(now)
        self._tell(factory, "machine.starting", {"target": target.name, "machine": machine.name})
        self._clock.after(plan.behaviour.trial_seconds, self._try, plan, factory, machine.id, plan.number)

    def _use(self, factory: _Factory, processors: int) -> None:
        before = factory.free
        factory.free -= processors
        if before > 0 >= factory.free:
            self._with_room.remove(factory)
        elif before <= 0 < factory.free:
            self._with_room.append(factory)

    # --- what becomes of them -----------------------------------------------------------------------------

    def _try(self, plan: _Plan, factory: _Factory, machine_id: str, window: int) -> None:
        verdict: Verdict = plan.behaviour.try_work(factory.name, self._clock.now)
        aged = plan.target.fizzle_seconds - plan.behaviour.trial_seconds
        proves_at = verdict.proves_after_seconds if verdict.proves else max(0.0, aged)
        if proves_at < verdict.lives_on_seconds:
            self._clock.after(proves_at, self._prove, plan, factory, machine_id, window)
        self._clock.after(verdict.lives_on_seconds, self._end, plan, factory, machine_id, verdict.code)

    def _prove(self, plan: _Plan, factory: _Factory, machine_id: str, window: int) -> None:
        factory.machines[machine_id] = replace(factory.machines[machine_id], proven=True)
        plan.proven += 1
        if window == plan.number:
            plan.proofs += 1
            plan.is_open = plan.is_open or plan.tickets() >= TICKETS

    def _end(self, plan: _Plan, factory: _Factory, machine_id: str, code: int) -> None:
        now, machine = self._clock.now, factory.machines.pop(machine_id)
        outcome = outcome_of(f"{code} simulated", now - machine.created_at, plan.target.fizzle_seconds)
        kind = outcome.kind.value
        factory.ended.append(replace(machine, ended_at=now, outcome=kind, message=f"{code} simulated"))
        plan.running, plan.processors = plan.running - 1, plan.processors - machine.processors
        plan.proven -= machine.proven
        plan.outcomes.append((kind, code, factory.name, now))
        self._use(factory, -machine.processors)
        told: dict[str, object] = {"target": plan.target.name, "machine": machine.name, "outcome": kind}
        self._tell(
            factory, "machine.ended", {**told, "message": f"{code} simulated"}, warning=kind == "error"
        )
        if kind in {"nowork", "error"} and not machine.proven:
            self._nowork(plan, factory)

    def _nowork(self, plan: _Plan, factory: _Factory) -> None:
        plan.noworks += 1
        limit = max(2, plan.unproven / NOWORK_PARTS) if plan.is_open else plan.proofs / NOWORK_PARTS
        if plan.noworks > limit and self._clock.now >= plan.opened_at + plan.length:
            self._open_window(plan, factory.name)

    def _open_window(self, plan: _Plan, opener: str) -> None:
        target = plan.target
        plan.streak = 1 if plan.proofs else plan.streak + 1
        most = max(target.backoff_max_seconds, target.backoff_seconds)
        plan.length = min(most, target.backoff_seconds * 2.0 ** min(plan.streak - 1, 16))
        plan.number, plan.opener, plan.opened_at = plan.number + 1, opener, self._clock.now
        plan.proofs = plan.noworks = plan.taken = 0
        plan.is_open = False

    def _tell(
        self, factory: _Factory, name: str, fields: dict[str, object], *, warning: bool = False
    ) -> None:
        if factory.name == self.here:
            self._events.append(ToyEvent(self._clock.now, name, fields, warning))

    # --- looking ------------------------------------------------------------------------------------------

    def view(self) -> SpaceView:
        """Return the space."""
        now = self._clock.now
        while self._starts and self._starts[0] < now - MINUTE_SECONDS:
            self._starts.popleft()
        used = sum(plan.processors for plan in self._plans.values()) or 1
        shares = sum(plan.target.target_share for plan in self._plans.values()) or 1.0
        return SpaceView(
            factories=tuple(self._factory_view(factory) for factory in self._factories.values()),
            targets=tuple(self._target_view(plan, used, shares, now) for plan in self._plans.values()),
            starts_last_minute=len(self._starts),
            rule_version=0,
        )

    def _factory_view(self, factory: _Factory) -> FactoryView:
        kind, used = factory.kind, factory.kind.processors - factory.free
        return FactoryView(
            name=factory.name,
            itself=factory.name == self.here,
            state="live",
            heard_seconds=0.0,
            address="",
            flags=(),
            processors_total=kind.processors,
            processors_free=factory.free,
            machines_running=len(factory.machines),
            machines_starting=0,
            load=float(used),
            memory_free_bytes=factory.free * kind.memory_bytes_per_processor,
            disk_free_bytes=0,
            deadline_seconds=None,
            version=VERSION,
            settings_differ=False,
            note="",
            rule_version=0,
        )

    def _target_view(self, plan: _Plan, used: int, shares: float, now: float) -> TargetView:
        state, words = plan.state(now)
        last = plan.outcomes[-1] if plan.outcomes else None
        return TargetView(
            name=plan.target.name,
            model=plan.target.machine_model.value,
            origin="scenario",
            share=plan.target.target_share / shares,
            got=plan.processors / used,
            machines_running=plan.running,
            machines_starting=0,
            processors=plan.processors,
            state=state,
            words=words,
            window_number=plan.number,
            window_opener=plan.opener,
            window_length_seconds=plan.length,
            back_off_left_seconds=max(0.0, plan.opened_at + plan.length - now),
            streak=plan.streak,
            proofs=plan.proofs,
            noworks=plan.noworks,
            tickets_available=plan.tickets(),
            tickets_taken=plan.taken,
            here="",
            held_here=False,
            last_code=last[1] if last else 0,
            last_ago_seconds=now - last[3] if last else None,
            last_factory=last[2] if last else "",
            outcomes=tuple(_outcomes(plan, now)),
        )


def _outcomes(plan: _Plan, now: float) -> Iterator[OutcomeView]:
    for kind, code, factory, at in plan.outcomes:
        yield OutcomeView(kind=kind, code=code, factory=factory, ago_seconds=now - at)
