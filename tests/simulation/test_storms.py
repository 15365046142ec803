"""Storms of seeds that nobody has run before, for as long as is asked for, and what they were in the summary.

`VACNET_STORM_SECONDS` says how long; without it two minutes where `CI` is set and half a minute elsewhere.
A space too large for the time that is left is left out. The first seed comes from the commit that is
checked out (outside of a checkout from the clock), so that every commit has seeds of its own and whoever
runs it again has the same. Each broken promise is told with the command that replays it.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tools.swarm import Tally, attempt, narrowed
from vacnet.simulate.course import Report, narrower
from vacnet.simulate.plan import EVENTS, KINDS, Plan, draw

SECONDS = float(os.environ.get("VACNET_STORM_SECONDS", "120" if os.environ.get("CI") else "30"))
SECONDS_A_DATAGRAM = 80e-6
"""Measured on a core of two while the other tests run beside it; whole agents pay for ten."""
SEEDS_EACH = 1000
"""Of a commit: no two have one in common, but by a rare chance."""
COMMIT_DIGITS = 9


@pytest.mark.timeout(SECONDS + 600)
def test_new_seeds_break_no_promise(record_property: Callable[[str, object], None]) -> None:
    first = _first_seed()
    tally, until, seed = Tally(), time.monotonic() + SECONDS, first
    while (left := until - time.monotonic()) > 0:
        if draw(seed).cost() * SECONDS_A_DATAGRAM < left:
            tally.add(attempt(draw(seed)))
        seed += 1
    counted = f"{len(tally.reports)} ran, {len(tally.failures)} broke a promise"
    record_property("told", f"storms of seeds {first}-{seed - 1}: {counted}")
    for line in tally.lines():
        record_property("told", f"storms: {line}")
    assert tally.failures == []


def _first_seed() -> int:
    words = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    found = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    return int(found[:COMMIT_DIGITS] or f"{int(time.time()):x}", 16) * SEEDS_EACH


def test_a_seed_is_the_same_run_every_time() -> None:
    plan = replace(draw(7), factories=5, seconds=120.0, faults=frozenset(KINDS))
    reports = [attempt(plan) for _ in range(2)]
    assert isinstance(reports[0], Report)
    assert reports[0] == reports[1]
    other = attempt(replace(plan, seed=8))
    assert isinstance(other, Report)
    assert other.datagrams != reports[0].datagrams


def test_every_kind_of_fault_takes_effect_where_it_is_asked_for() -> None:
    report = attempt(Plan(3, 8, frozenset(KINDS)))
    assert isinstance(report, Report), report
    # both kinds of partition contend for the one network; seed 3 has one of each
    assert {kind for kind in KINDS if not report.did[kind]} == set()


def test_each_fault_is_in_half_of_the_seeds_and_sizes_are_log_uniform() -> None:
    plans = [draw(seed) for seed in range(2000)]
    talkers = [plan for plan in plans if not plan.agents]
    for kind in EVENTS:
        assert 0.4 < sum(kind in plan.faults for plan in talkers) / len(talkers) < 0.6
    small = sum(plan.factories <= 24 for plan in talkers) / len(talkers)  # 24 is the middle of 3 and 200
    assert 0.45 < small < 0.55
    assert {min(plan.factories for plan in talkers), max(plan.factories for plan in talkers)} <= {3, 199, 200}


def test_a_failing_plan_is_narrowed_and_tells_how_to_replay_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_by_crashes_of_four(plan: Plan) -> Report | str:
        return plan.command() if "crash" in plan.faults and plan.factories >= 4 else _report(plan)

    monkeypatch.setattr("tools.swarm.attempt", fails_by_crashes_of_four)
    words = narrowed(Plan(5, 100, frozenset(KINDS)), "it failed")
    assert words == ("python -m tools.swarm --seeds 5 --factories 6 --chaos 60 --of talkers --faults crash")


def _report(plan: Plan) -> Report:
    return Report(plan, Counter(), 0, 0.0)


def test_a_narrower_plan_asks_for_less() -> None:
    plan = Plan(5, 8, frozenset({"crash", "loss"}), 100.0)
    for smaller in narrower(plan):
        less = (smaller.factories, len(smaller.faults), smaller.seconds)
        assert less < (8, 2, 100.0)
