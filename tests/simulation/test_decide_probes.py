"""Probes: one machine a window, whatever the network loses; useless ones bounded by the jobs found."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.simulation.decide_space import LOSSY, WAN, play, says, target
from tools.bench.boards import probed_by_boards
from vacnet.outcomes import Kind
from vacnet.simulate.payloads import Scripted
from vacnet.simulate.probing import CYCLE_SECONDS, Probed, probed
from vacnet.simulate.run import World
from vacnet.simulate.toys import Queue

slow = (pytest.mark.slow, pytest.mark.timeout(3600))
PARTS, WINDOWS = 4, 500
"""The windows are counted in parts, each of another seed, so that they run side by side."""


def _cost_one_probe(found: Probed, windows: int) -> None:
    assert found.windows >= 0.8 * windows
    assert 1.00 <= found.mean <= 1.02
    assert found.none == 0


@pytest.mark.parametrize("seed", range(PARTS))
def test_a_window_costs_one_probe(seed: int) -> None:
    _cost_one_probe(probed(10, WINDOWS // PARTS, LOSSY, seed), WINDOWS // PARTS)


@pytest.mark.parametrize("seed", range(PARTS))
def test_a_window_costs_a_hundred_boards_one_probe(seed: int) -> None:
    _cost_one_probe(probed_by_boards(100, WINDOWS // PARTS, LOSSY, seed), WINDOWS // PARTS)


@pytest.mark.parametrize("windows", [pytest.param(WINDOWS, marks=slow)])  # half an hour of datagrams
def test_a_window_costs_a_hundred_agents_one_probe(windows: int) -> None:
    _cost_one_probe(probed(100, windows, LOSSY), windows)


@pytest.mark.parametrize(
    ("factories", "windows"),
    [(10, 60), pytest.param(10, 500, marks=slow), pytest.param(100, 200, marks=slow)],
)
def test_a_window_costs_one_probe_where_a_tenth_is_lost(factories: int, windows: int) -> None:
    found = probed(factories, windows, WAN)
    assert found.windows >= 0.8 * windows
    assert 1.00 <= found.mean <= 1.05
    assert found.none == 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("jobs", "gain"), [(0, 1), (3, 1), (10, 1), (7, 2)])
def test_useless_machines_of_a_window_are_bounded_by_its_proofs(jobs: int, gain: int, seed: int) -> None:
    counts, _ = play(
        lambda: {"queue": Queue([(0.0, jobs), (300.0, 2 * jobs)], work_seconds=30)},
        (target("queue", backoff=30, gain=gain),),
        seed,
        factories=5,
        processors=8,
        seconds=600,
    )
    proofs, useless = counts.of_tickets(Kind.OK), counts.of_tickets(Kind.NOWORK)
    assert sum(proofs.values()) == jobs + 2 * jobs
    assert {key: count for key, count in useless.items() if count > 1 + gain * proofs[key]} == {}


@pytest.mark.parametrize("seeds", [pytest.param(100, marks=slow)])
def test_useless_machines_are_bounded_in_every_seed_without_loss(seeds: int) -> None:
    over: list[tuple[int, object]] = []
    for seed in range(seeds):
        rng = Random(seed)
        jobs, gain = rng.randrange(15), rng.choice((1, 1, 2, 4))
        counts, _ = play(
            lambda: {"queue": Queue([(0.0, jobs), (200.0, jobs)], work_seconds=30)},  # noqa: B023 (called in it)
            (target("queue", backoff=30, gain=gain),),
            seed,
            factories=rng.randrange(1, 12),
            processors=rng.randrange(1, 10),
            seconds=400,
        )
        proofs, useless = counts.of_tickets(Kind.OK), counts.of_tickets(Kind.NOWORK)
        over += [(seed, key) for key, count in useless.items() if count > 1 + gain * proofs[key]]
    assert over == []


@pytest.mark.parametrize("factories", [10, pytest.param(100, marks=slow)])
def test_a_partition_of_40_to_60_costs_one_probe_a_window_on_each_side(factories: int) -> None:
    cut_at, seconds, part = 60.0, 360.0, factories * 2 // 5

    def cut(world: World) -> None:
        addresses = [node.address for node in world.nodes]
        world.network.partition(addresses[:part], addresses[part:])

    counts, world = play(
        lambda: {"idle": Scripted(lambda *_: says(300))},
        (target("idle", backoff=20, backoff_max_seconds=20),),
        factories=factories,
        processors=1,
        weather=LOSSY,
        faults=((cut_at, cut),),
        seconds=seconds,
        calm_seconds=0.0,
    )
    side = {node.name: number < part for number, node in enumerate(world.nodes)}
    probes = Counter((side[start.factory], start.window) for start in counts.of("idle") if start.at > cut_at)
    assert set(probes.values()) == {1}
    sides = Counter(one for one, _ in probes)
    assert min(sides.values()) >= 0.7 * (seconds - cut_at) / CYCLE_SECONDS
