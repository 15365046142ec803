"""Targets at work: how full they keep the places, whatever odd ends their machines come to."""

from __future__ import annotations

import math
from random import Random

import pytest

from tests.simulation.decide_space import HOUR, LOSSY, board, play, says, target, works
from tests.simulation.hosts import Hosts
from vacnet.outcomes import Kind
from vacnet.simulate.mishaps import die
from vacnet.simulate.payloads import Scripted
from vacnet.simulate.run import World
from vacnet.simulate.toys import Queue, Verdict

slow = (pytest.mark.slow, pytest.mark.timeout(3600))


@pytest.mark.parametrize(("part", "least"), [(0.002, 0.98), (0.01, 0.90)])
@pytest.mark.parametrize(
    ("factories", "processors", "hours"), [(2, 50, 2), pytest.param(4, 100, 12, marks=slow)]
)
def test_odd_300s_among_endless_work_leave_the_places_busy(
    part: float, least: float, factories: int, processors: int, hours: int
) -> None:
    def course(_factory: str, _now: float, rng: Random) -> Verdict:
        return says(300) if rng.random() < part else works(HOUR * rng.uniform(0.1, 0.5))

    counts, _ = play(
        lambda: {"work": Scripted(course, trial_seconds=60)},
        (target("work", backoff=60, gain=2, fizzle_seconds=600),),
        factories=factories,
        processors=processors,
        seconds=hours * HOUR,
    )
    assert counts.busy(factories * processors, HOUR, hours * HOUR) >= least


@pytest.mark.parametrize("factories", [4, pytest.param(60, marks=slow)])
def test_a_few_transient_errors_everywhere_open_no_window(factories: int) -> None:
    def course(_factory: str, _now: float, rng: Random) -> Verdict:
        return says(700) if rng.random() < 0.005 else works(60)

    counts, _ = play(
        lambda: {"work": Scripted(course, trial_seconds=20)},
        (target("work", gain=2),),
        factories=factories,
        processors=10,
        seconds=1500,
    )
    assert any(end.kind is Kind.ERROR for end in counts.ends)
    assert counts.opened("work", since=1.0) == []
    assert counts.busy(10 * factories, 900, 1500) >= 0.95


@pytest.mark.parametrize("hosts", [100, pytest.param(1000, marks=slow)])  # each error asks all the others
def test_a_few_transient_errors_on_a_thousand_factories_are_nobodys_fault(hosts: int) -> None:
    def course(_host: int, _now: float, rng: Random) -> tuple[int, float, float]:
        return (700, math.inf, 20.0) if rng.random() < 0.005 else (200, 20.0, 80.0)

    work = target("work", gain=2)
    space = Hosts(work, hosts, 10, course, 600.0, steady_from=300.0).run()
    assert sum(map(len, space.failures.values())) > hosts / 4
    assert (space.blamed, sum(space.alarms.values())) == (0, 0)
    assert space.busy() >= 0.95


def test_of_two_factories_one_that_is_broken_stops_only_itself() -> None:
    def course(factory: str, _now: float, _rng: Random) -> Verdict:
        return says(500) if factory.startswith("factory1.") else works(600)

    counts, _ = play(
        lambda: {"work": Scripted(course)}, (target("work"),), factories=2, processors=10, seconds=HOUR
    )
    broken = [end for end in counts.ends if end.kind is Kind.ERROR]
    # one at first; then those begun within a trial, after 1, 2, 4, 8, 8 ... minutes
    assert 2 <= len(broken) <= 30
    assert counts.opened("work", since=1.0) == []
    assert counts.busy(10, 900, HOUR) >= 0.95


def test_ends_that_say_nothing_after_a_proof_use_their_ticket_up() -> None:
    jobs = {"left": 60}

    def course(_factory: str, _now: float, _rng: Random) -> Verdict:
        if not jobs["left"]:
            return says(300)
        jobs["left"] -= 1
        return Verdict(100, proves=True, lives_on_seconds=10.0)

    counts, _ = play(
        lambda: {"work": Scripted(course)},
        (target("work", backoff=600),),
        factories=4,
        processors=25,
        weather=LOSSY,
        seconds=900,
    )
    tickets = [(start.window, start.ticket) for start in counts.starts if start.ticket >= 0]
    assert len(tickets) == len(set(tickets))
    assert jobs["left"] == 0
    assert counts.useless("work") <= 1 + 60


def test_a_large_share_in_back_off_leaves_no_processor_idle_beside_small_ones_with_work() -> None:
    counts, _ = play(
        lambda: {
            "large": Scripted(lambda *_: says(300)),
            "one": Queue([(0.0, 10**6)], work_seconds=300),
            "two": Queue([(0.0, 10**6)], work_seconds=300),
        },
        (
            target("large", backoff=600, target_share=90.0),
            target("one", gain=2, target_share=5.0),
            target("two", gain=2, target_share=5.0),
        ),
        factories=4,
        processors=10,
        seconds=1500,
    )
    assert counts.busy(40, 600, 1500) >= 0.97
    assert counts.useless("large") == len(counts.of("large"))


@pytest.mark.parametrize("places", [200, pytest.param(1000, marks=slow)])
def test_a_thousand_places_are_full_within_a_quarter_of_an_hour(places: int) -> None:
    counts, world = play(
        lambda: {"work": Scripted(lambda *_: works(24 * HOUR), trial_seconds=120)},
        (target("work", gain=2, fizzle_seconds=600),),
        factories=4,
        processors=places // 4,
        seconds=900,
        calm_seconds=0.0,
    )
    assert len(counts.starts) == places
    assert board(world).standings["work"].proofs


@pytest.mark.parametrize("away", ["cut off", "dead"])
def test_machines_of_hosts_that_are_gone_keep_nobody_from_known_work(away: str) -> None:
    """Half of the hosts vanish when all their machines are young: nobody hears what becomes of those."""
    gone_at, until, places = 230.0, 800.0, 2 * 4
    far = ("factory2.sim.example.org", "factory3.sim.example.org")

    def course(factory: str, now: float, _rng: Random) -> Verdict:
        return works(HOUR, proves_after=HOUR) if factory in far and now > gone_at - 30 else works(30)

    def vanish(world: World) -> None:
        here, there = world.nodes[:2], world.nodes[2:]
        if away == "cut off":
            world.network.partition([one.address for one in here], [one.address for one in there])
        else:
            list(map(die, there))

    counts, _ = play(
        lambda: {"work": Scripted(course)},
        (target("work", gain=2, proof_seconds=7200),),
        factories=4,
        processors=4,
        faults=((gone_at, vanish),),
        seconds=until,
        calm_seconds=0.0,
    )
    near = [end for end in counts.ends if end.start.factory not in far and end.at > gone_at]
    assert len(near) >= 0.9 * places * (until - gone_at) / 40  # trial, life and the wait for a draw
