"""Crashes and bad weather, drawn by the seed: no ticket twice, no target stuck, tables equal in the end."""

import itertools
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from vacnet.simulate.checkers import Ends, OneMachineATicket, TablesEqual
from vacnet.simulate.counts import NeverStuck
from vacnet.simulate.network import Weather
from vacnet.simulate.run import Scenario, World, run
from vacnet.simulate.toys import Always, Behaviour, Queue
from vacnet.targets.model import Proof, Target

BACK_OFF = 20
SECONDS = 600


def target(name: str) -> Target:
    return Target(
        name=name,
        target_share=1.0,
        backoff_seconds=BACK_OFF,
        backoff_max_seconds=2 * BACK_OFF,
        fizzle_seconds=30,
        proof=Proof.JOB_STARTED,
    )


def behaviours() -> dict[str, Behaviour]:
    return {"idle": Always(300), "queue": Queue(jobs=[(0.0, 20), (300.0, 20)], work_seconds=30)}


def crash(number: int, down_seconds: float, world: World) -> None:
    node = world.nodes[number]
    if node.agent is not None:
        node.crash()
        world.clock.after(down_seconds, partial(boot, number, world))


def boot(number: int, world: World) -> None:
    if world.nodes[number].agent is None:
        world.nodes[number].boot()


def scenario_of(seed: int) -> Scenario:
    rng = Random(seed)
    factories = round(3 * (20 / 3) ** rng.random())
    faults = tuple(
        (rng.uniform(0, SECONDS), partial(crash, rng.randrange(factories), rng.uniform(1, 60)))
        for _ in range(rng.randrange(12))
    )
    weather = Weather(
        loss=rng.choice((0.0, 0.01, 0.1)),
        duplicates=rng.choice((0.0, 0.1)),
        delay_seconds=(0.001, rng.choice((0.002, 0.1, 0.4))),
    )
    return Scenario(
        factories=factories,
        processors=rng.randrange(1, 6),
        targets=(target("idle"), target("queue")),
        behaviours=behaviours,
        weather=weather,
        faults=faults,
        seconds=SECONDS,
    )


@pytest.mark.parametrize("seed", [3, 7, 8, 9])
def test_no_ticket_twice_no_target_stuck_and_tables_equal(seed: int) -> None:
    scenario = scenario_of(seed)
    tickets, ends, stuck = OneMachineATicket(), Ends(), NeverStuck()
    scenario = replace(scenario, faults=((0.0, stuck.watch), *scenario.faults))
    world = run(scenario, seed, tickets, ends, stuck, TablesEqual())
    queue = world.behaviours["queue"]
    assert isinstance(queue, Queue)
    assert queue.taken == 40
    times = [0.0, *ends.nowork_times["idle"], SECONDS]
    longest = max(later - earlier for earlier, later in itertools.pairwise(times))
    # back-off, then eight ranks and their tail, a dead claimer's claim, a settling restart, a trial
    assert longest < 2 * BACK_OFF + 26 + 31 + 15 + 5
