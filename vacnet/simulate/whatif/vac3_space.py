"""A site run by Vac 3's rule: factories that poll all others in every cycle, and race.

Each factory looks at its slots once a cycle and knows nothing of them in between; so do those who ask it,
for it answers from its files. With a processor free it asks all factories, waits for the answers, decides by
what they said when they were asked, makes one machine at most, and sleeps 60 s. What it makes can be seen
from then on: whoever asked before does not know of it, and that is the race.

A poll takes 2 s if all answer at once. Whoever is missing is asked again, for 2 s a round and 6 rounds at
most; one factory that never answers therefore costs everybody 12 s in each cycle.

Deviations: how many rounds a lossy network costs is drawn for all factories together; whoever has not
answered after six is counted all the same. Making a machine takes no time of its cycle.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from random import Random

from vacnet.simulate.clock import Clock
from vacnet.simulate.toys import Behaviour, Verdict, outcome_of
from vacnet.simulate.whatif.agents import Progress, pass_time
from vacnet.simulate.whatif.behaving import behaviours
from vacnet.simulate.whatif.site import Hosts, Site
from vacnet.simulate.whatif.tally import NO_WINDOW, Span, Tally
from vacnet.simulate.whatif.vac3 import ABORTS_FROM, Placed, Seen, order, place
from vacnet.targets.model import Target

SLEEP_SECONDS = 60.0
ROUND_SECONDS = 2.0
ROUNDS_MAX = 6
OWN_SECONDS = (0.2, 1.0)
"""What a cycle does besides: it reads its settings and looks at its slots."""
START_SECONDS = 0.2
"""As long as machines of the other rule take."""
DEADLINE = 100


@dataclass(slots=True)
class Made:
    """A machine."""

    target: Target
    uuid: str
    processors: int
    worth: float
    """Of one processor."""
    created_at: float
    deadline_at: float
    ended_at: float | None = None
    code: int = 0


@dataclass(slots=True)
class Factory:
    """What one factory's files say."""

    name: str
    kind: Hosts
    superslot: int
    machines: list[Made] = field(default_factory=list)
    """Those that it does not know to have ended."""
    last: dict[str, Made] = field(default_factory=dict)
    """Of each machinetype, the one made last of those that have ended."""

    def free(self) -> int:
        """Return the processors that no machine has."""
        return self.kind.processors - sum(made.processors for made in self.machines)

    def slots(self) -> Counter[float]:
        """Return the processors of its machines by their deadlines."""
        found: Counter[float] = Counter()
        for made in self.machines:
            found[made.deadline_at] += made.processors
        return found


@dataclass(slots=True)
class Files:
    """The files of all factories, of one machinetype, summed up: what a poll would read."""

    running: float = 0.0
    aborts: dict[str, float] = field(default_factory=dict)
    """By factory: when the last machine ended that it tells of, if that was an abort."""
    young: list[tuple[float, int, Made]] = field(default_factory=list)
    """A heap: when each machine will have lived for long enough, the last first."""
    gone: set[str] = field(default_factory=set)
    """Ids of machines that are still in the heap."""
    serial: count[int] = field(default_factory=count)

    def add(self, made: Made) -> None:
        """Show a machine."""
        self.running += made.processors * made.worth
        until = made.created_at + START_SECONDS + made.target.fizzle_seconds
        heapq.heappush(self.young, (-until, next(self.serial), made))

    def remove(self, made: Made) -> None:
        """Show that it has ended."""
        self.running -= made.processors * made.worth
        self.gone.add(made.uuid)

    def seen(self, now: float) -> Seen:
        """Return what a poll reads now."""
        while self.young and self.young[0][2].uuid in self.gone:
            self.gone.discard(heapq.heappop(self.young)[2].uuid)
        is_young = bool(self.young) and -self.young[0][0] > now
        return Seen(self.running, is_young, max(self.aborts.values(), default=None))


@dataclass(slots=True)
class Round:
    """The probes after a back-off that was kept: of which window, and until when nobody knows more."""

    number: int = 0
    over_at: float = math.inf
    """When the back-off of the last abort is over; infinite: there was none since the last probe."""
    until: float = -math.inf


class Vac3Space:
    """A space of such factories while it runs."""

    def __init__(self, site: Site, seed: int, *, one_is_silent: bool = False) -> None:
        """Build it; the first cycles come at any time of one cycle.

        Args:
            site: What to run.
            seed: Of everything random.
            one_is_silent: One more factory is on everybody's list and never answers.
        """
        self.site, self.silent = site, one_is_silent
        self.clock, self.rng, self.tally = Clock(), Random(seed), Tally()
        self.payloads: dict[str, Behaviour] = behaviours(site, seed)
        self.files = {target.name: Files() for target in site.targets}
        self.rounds = {target.name: Round() for target in site.targets}
        least = max(target.min_processors for target in site.targets)
        self.factories = [
            Factory(f"factory{number}", kind, max(kind.processors_per_superslot, least))
            for number, kind in enumerate(site.each())
        ]
        for factory in self.factories:
            cycle = SLEEP_SECONDS + sum(OWN_SECONDS) / 2 + self._poll_seconds()
            self.clock.after(self.rng.uniform(0.0, cycle), self._cycle, factory)

    # --- one cycle ----------------------------------------------------------------------------------------

    def _cycle(self, factory: Factory) -> None:
        """Look at the slots; ask the others where there is room."""
        self._look(factory)
        own = self.rng.uniform(*OWN_SECONDS)
        if factory.free() > 0:
            self.clock.after(own, self._ask, factory)
        else:
            self.clock.after(own + SLEEP_SECONDS, self._cycle, factory)

    def _look(self, factory: Factory) -> None:
        for made in [made for made in factory.machines if made.ended_at is not None]:
            factory.machines.remove(made)
            files = self.files[made.target.name]
            files.remove(made)
            last = factory.last.get(made.target.name)
            if last is None or made.created_at > last.created_at:
                factory.last[made.target.name] = made
                self._tell(files, factory.name, made)

    def _tell(self, files: Files, factory: str, made: Made) -> None:
        if made.code >= ABORTS_FROM and made.ended_at is not None:
            files.aborts[factory] = made.ended_at
        else:
            files.aborts.pop(factory, None)

    def _ask(self, factory: Factory) -> None:
        now = self.clock.now
        seen = {name: files.seen(now) for name, files in self.files.items()}
        self.clock.after(self._poll_seconds(), self._decide, factory, seen)

    def _poll_seconds(self) -> float:
        """Return how long it takes until the last answer is there, or is given up."""
        if self.silent:
            return ROUNDS_MAX * ROUND_SECONDS
        whole = (1.0 - self.site.weather.loss) ** (1 + len(self.site.targets))
        drawn, rounds = self.rng.random(), 1
        while rounds < ROUNDS_MAX and drawn > (1.0 - (1.0 - whole) ** rounds) ** len(self.factories):
            rounds += 1
        return rounds * ROUND_SECONDS

    def _decide(self, factory: Factory, seen: dict[str, Seen]) -> None:
        now = self.clock.now
        eligible = order(self.site.targets, seen, now, self.rng)
        placed = place(eligible, factory.slots(), factory.free(), factory.superslot, now)
        if placed is not None:
            self._make(factory, placed)
        self.clock.after(SLEEP_SECONDS, self._cycle, factory)

    # --- one machine --------------------------------------------------------------------------------------

    def _make(self, factory: Factory, placed: Placed) -> None:
        now, name = self.clock.now, placed.target.name
        uuid, worth = f"{name}.{len(self.tally.spans)}", factory.kind.benchmark_per_processor
        made = Made(placed.target, uuid, placed.processors, worth, now, placed.deadline_at)
        factory.machines.append(made)
        self.files[name].add(made)
        self.tally.started(uuid, Span(name, placed.processors, now, self._probe_of(placed.target, now)))
        self.clock.after(START_SECONDS + self.payloads[name].trial_seconds, self._try, factory, made)

    def _try(self, factory: Factory, made: Made) -> None:
        now = self.clock.now
        verdict: Verdict = self.payloads[made.target.name].try_work(factory.name, now)
        left = made.deadline_at - now
        code = verdict.code if verdict.lives_on_seconds <= left else DEADLINE
        self.clock.after(max(0.0, min(left, verdict.lives_on_seconds)), self._end, made, code)

    def _end(self, made: Made, code: int) -> None:
        now, target = self.clock.now, made.target
        made.ended_at, made.code = now, code
        self.tally.ended(
            made.uuid, outcome_of(f"{code} toy", now - made.created_at, target.fizzle_seconds).kind, now
        )
        found = self.rounds[target.name]
        found.until = min(found.until, now)
        if code >= ABORTS_FROM:
            found.over_at = now + target.backoff_seconds

    def _probe_of(self, target: Target, now: float) -> int:
        """Return which window a machine made now is a probe of."""
        found = self.rounds[target.name]
        if now >= found.over_at:
            found.number, found.over_at, found.until = found.number + 1, math.inf, now + target.fizzle_seconds
            self.tally.opened(target.name, found.number)
        return found.number if now < found.until else NO_WINDOW


def run_vac3(site: Site, seed: int, progress: Progress) -> Tally:
    """Run the site and return what it did."""
    space = Vac3Space(site, seed)
    pass_time(space.clock, site.seconds, progress)
    return space.tally
