"""`python -m tools.swarm --seeds 0-999 [--seconds N] [--jobs 2]`: storms over simulated spaces, seed by seed.

Prints each broken promise with the command that replays it, narrowed as far as that is cheap, and in the
end how many spaces of which size there were and how many seeds each fault took effect in. The exit code is
1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace

from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.course import Report, narrower, run
from vacnet.simulate.guards import all_guards
from vacnet.simulate.plan import KINDS, Plan, draw

SIZES = (3, 5, 8, 13, 22, 36, 60, 100, 200)
"""Upper ends of the histogram's columns."""
NARROW_SECONDS = 60.0
"""Spent on narrowing one failing plan."""


@dataclass(slots=True)
class Tally:
    """What a batch of runs came to."""

    reports: list[Report] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, came: Report | str) -> None:
        """Count one run."""
        if isinstance(came, str):
            self.failures.append(came)
        else:
            self.reports.append(came)

    def lines(self) -> Iterator[str]:
        """Yield the histogram of sizes and faults."""
        count = max(1, len(self.reports))
        sizes = Counter(next(top for top in SIZES if r.plan.factories <= top) for r in self.reports)
        yield "factories  " + "  ".join(f"<={top}: {sizes[top]}" for top in SIZES)
        for kind in KINDS:
            times = [r.did[kind] for r in self.reports]
            active = sum(map(bool, times))
            yield f"{kind:14} in {active:5} seeds ({100 * active / count:3.0f} %), {sum(times)} times"
        healed = sorted(r.healed_seconds for r in self.reports) or [0.0]
        yield f"tables equal after {healed[len(healed) // 2]:.1f} s of calm, at most {healed[-1]:.1f} s"
        yield f"{sum(r.datagrams for r in self.reports)} datagrams"


def attempt(plan: Plan) -> Report | str:
    """Run one plan; return its report, or what broke."""
    try:
        return run(plan, all_guards)
    except BrokenPromiseError as broken:
        return str(broken)


def narrowed(plan: Plan, failure: str, seconds: float = NARROW_SECONDS) -> str:
    """Return the failure of the smallest plan found that still fails."""
    until = time.monotonic() + seconds
    found = True
    while found and time.monotonic() < until:
        found = False
        for smaller in narrower(plan):
            if isinstance(came := attempt(smaller), str):
                plan, failure, found = smaller, came, True
                break
            if time.monotonic() >= until:
                break
    return failure


def storms(plans: Iterable[Plan], seconds: float, jobs: int) -> Tally:
    """Run plans until they or the seconds are used up, telling of each failure as it comes."""
    tally, until, going = Tally(), time.monotonic() + seconds, set[Future[Report | str]]()
    with ProcessPoolExecutor(jobs) as pool:
        for plan in plans:
            if time.monotonic() > until:
                break
            going.add(pool.submit(attempt, plan))
            if len(going) >= jobs:
                going = _collect(tally, going)
        while going:
            going = _collect(tally, going)
    return tally


def _collect(tally: Tally, going: set[Future[Report | str]]) -> set[Future[Report | str]]:
    """Wait for the next that is done, count it, and return the others."""
    done, rest = wait(going, return_when=FIRST_COMPLETED)
    for one in done:
        tally.add(came := one.result())
        if isinstance(came, str):
            print(came, flush=True)
    return rest


def _plans(given: argparse.Namespace) -> list[Plan]:
    first, _, last = given.seeds.partition("-")
    plans = [draw(seed) for seed in range(int(first), int(last or first) + 1)]
    changes: dict[str, object] = {"seconds": given.chaos}
    if given.factories:
        changes["factories"] = given.factories
    if given.of:
        changes["agents"] = given.of == "agents"
    if given.faults:
        changes["faults"] = frozenset(given.faults.split(",")) & frozenset(KINDS)
    return [replace(plan, **changes) for plan in plans]  # type: ignore[arg-type] # the fields' own types


def main(words: Sequence[str]) -> int:
    """Carry out one command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.swarm", description=__doc__)
    parser.add_argument("--seeds", default="0-99", help="one, or FIRST-LAST (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so many")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--factories", type=int, help="instead of what the seed draws")
    parser.add_argument("--faults", help=f"instead of what the seed draws: none, or of {','.join(KINDS)}")
    parser.add_argument("--chaos", type=float, default=600.0, help="virtual seconds of faults")
    parser.add_argument("--of", choices=("talkers", "agents"), help="instead of what the seed draws")
    parser.add_argument("--narrow", action="store_true", help="narrow what fails")
    given = parser.parse_args(words)
    began, plans = time.monotonic(), _plans(given)
    tally = storms(plans, given.seconds, given.jobs)
    if given.narrow and tally.failures:
        print("narrowed:", narrowed(_first_failing(plans, tally), tally.failures[0]))
    _tell(tally, time.monotonic() - began)
    return 1 if tally.failures else 0


def _first_failing(plans: Sequence[Plan], tally: Tally) -> Plan:
    return next(plan for plan in plans if plan.command() in tally.failures[0])


def _tell(tally: Tally, seconds: float) -> None:
    count = len(tally.reports) + len(tally.failures)
    print(f"{count} seeds in {seconds:.0f} s, {len(tally.failures)} broken")
    for line in tally.lines():
        print(line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
