"""Probes, claimers, hosts and whole spaces that die, and partitions that end: the space goes on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from statistics import median

import pytest

from tests.simulation.decide_space import HOUR, LOSSY, board, play, says, target, window, works
from vacnet.agent.bid import Bid
from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.counts import Counts
from vacnet.simulate.mishaps import die, power_cut, stop_machines
from vacnet.simulate.node import Node
from vacnet.simulate.payloads import Scripted
from vacnet.simulate.run import World
from vacnet.simulate.toys import Behaviour, Queue, Verdict

DEAD_SECONDS = 700.0
"""A silent holder holds its tickets for ten minutes; then ranks, a claim and its wait."""


def _holder(world: World) -> Node | None:
    """Return a host on which a machine runs."""
    return next((node for node in world.nodes if board_of(node)), None)


def board_of(node: Node) -> bool:
    return any(machine.ended_at is None for machine in node.disk.machines.values())


def _drained(node: Node) -> None:
    stop_machines(node, "drained")


def _past_its_deadline(node: Node) -> None:
    stop_machines(node, "its deadline has passed")


@pytest.mark.parametrize(
    ("mishap", "within"), [(_drained, 30.0), (_past_its_deadline, 30.0), (die, DEAD_SECONDS)]
)
@pytest.mark.parametrize("seed", range(2))
def test_a_probe_that_never_says_anything_is_replaced_in_bounded_time(
    mishap: Callable[[Node], None], within: float, seed: int
) -> None:
    at: list[float] = []

    def strike(world: World) -> None:
        node = _holder(world)
        assert node is not None
        at.append(world.clock.now)
        mishap(node)

    counts, _ = play(
        lambda: {"slow": Scripted(lambda *_: says(300), trial_seconds=3000)},
        (target("slow", fizzle_seconds=3600),),
        seed,
        factories=6,
        faults=((100.0, strike),),
        seconds=1200,
        calm_seconds=0.0,
    )
    # At the end the dead come back: whoever knows no peer tries its target then, before it hears of any.
    first, second = (start.at for start in counts.of("slow") if start.at < 1200)
    assert first < at[0] < second <= at[0] + within


@pytest.mark.parametrize("seed", range(3))
def test_a_claimer_that_dies_while_it_waits_costs_a_minute(seed: int) -> None:
    died: list[float] = []

    def strike(world: World) -> None:
        for node in world.nodes:
            if node.agent is not None and board(world, world.nodes.index(node)).bids["idle"].claimed_at:
                died.append(world.clock.now)
                node.crash()
                return
        world.clock.after(0.1, strike, world)

    counts, _ = play(
        lambda: {"idle": Scripted(lambda *_: says(300))},
        (target("idle"),),
        seed,
        factories=6,
        faults=((1.0, strike),),
        seconds=200,
    )
    assert died
    assert counts.starts[0].at <= died[0] + 60


@pytest.mark.parametrize("seed", range(2))
def test_after_a_power_cut_of_the_whole_space_windows_stand_and_work_is_found_again(seed: int) -> None:
    counts, world = play(
        lambda: {
            "idle": Scripted(lambda *_: says(300)),
            "work": Queue([(0.0, 10**6)], work_seconds=600),
        },
        (target("idle", backoff=120), target("work", gain=2)),
        seed,
        factories=5,
        processors=10,
        faults=((600.0, lambda world: power_cut(world, 20, 60)),),
        seconds=1500,
    )
    _one_probe_a_window(counts, "idle")
    assert board(world).standings["work"].machines_running >= 48


@pytest.mark.parametrize("seed", range(2))
def test_every_factory_restarted_in_turn_during_a_window_changes_nothing(seed: int) -> None:
    def restart(world: World) -> None:
        for number, node in enumerate(world.nodes):
            world.clock.after(20.0 * number, node.crash)
            world.clock.after(20.0 * number + 8.0, node.boot)

    counts, _ = play(
        lambda: {"idle": Scripted(lambda *_: says(300))},
        (target("idle", backoff=120),),
        seed,
        factories=6,
        weather=LOSSY,
        faults=((60.0, restart), (300.0, restart)),
        seconds=1500,
    )
    _one_probe_a_window(counts, "idle")
    assert len(counts.opened("idle")) >= 3


def _one_probe_a_window(counts: Counts, name: str) -> None:
    assert set(Counter(start.window for start in counts.of(name)).values()) == {1}


@pytest.mark.parametrize("seed", range(3))
def test_a_partition_that_ends_leaves_one_window_and_one_probe_of_it(seed: int) -> None:
    def cut(world: World) -> None:
        addresses = [node.address for node in world.nodes]
        world.network.partition(addresses[:4], addresses[4:])

    heal = 700.0
    counts, world = play(
        lambda: {"idle": Scripted(lambda *_: says(300))},
        (target("idle", backoff=60),),
        seed,
        factories=10,
        faults=((50.0, cut), (heal, lambda world: world.network.partition())),
        seconds=2500,
    )
    assert len({window(world, "idle", number).identity for number in range(10)}) == 1
    probes = Counter(start.window for start in counts.of("idle"))
    assert max(probes.values()) == 2  # one a side
    after = Counter(start.window for start in counts.of("idle") if start.at > heal + 30)
    assert set(after.values()) == {1}


@pytest.mark.parametrize("seed", range(2))
def test_a_dead_side_of_a_split_that_meets_one_at_work_holds_it_up_for_one_plain_back_off(seed: int) -> None:
    heal = 3000.0

    def course(factory: str, now: float, _rng: object) -> Verdict:
        dead = 100 < now < heal and factory in {f"factory{number}.sim.example.org" for number in range(3)}
        return says(300) if dead else works(900)

    def cut(world: World) -> None:
        addresses = [node.address for node in world.nodes]
        world.network.partition(addresses[:3], addresses[3:])

    counts, world = play(
        lambda: {"work": Scripted(course)},
        (target("work", backoff=60, gain=2),),
        seed,
        factories=6,
        processors=10,
        faults=((100.0, cut), (heal, lambda world: world.network.partition())),
        seconds=heal + 900,
    )
    stood = window(world, "work")
    assert stood.length_seconds <= 60
    assert stood.streak == 1
    assert max(counts.lengths.values()) > 60  # the dead side had come further
    assert counts.busy(60, heal + 450, heal + 900) >= 0.95


@pytest.mark.parametrize("seeds", [5, pytest.param(30, marks=(pytest.mark.slow, pytest.mark.timeout(3600)))])
def test_ten_jobs_at_a_silent_target_run_within_half_the_window_and_eight_minutes(seeds: int) -> None:
    assert median(_found(seed, (seed + 0.5) / seeds) for seed in range(seeds)) <= 300 + 8 * 60


def _found(seed: int, phase: float) -> float:
    """Return when all of ten jobs run, from when they came at this part of the window: streak 1, gain 2."""
    opened = 122.0  # the first probe begins within two seconds, and tries for two minutes
    came = opened + 600 * phase

    def course() -> dict[str, Behaviour]:
        return {"silent": Queue([(came, 10)], trial_seconds=120, work_seconds=HOUR)}

    silent = target("silent", backoff=600, backoff_max_seconds=600, gain=2, fizzle_seconds=600)
    counts, _ = play(course, (silent,), seed, factories=3, processors=10, seconds=1700, calm_seconds=0.0)
    at_work = [start.at for start in counts.starts if not _ended(counts, start.at)]
    return sorted(at_work)[9] + 120 - came


def _ended(counts: Counts, started_at: float) -> bool:
    return any(end.started_at == started_at for end in counts.ends)


# --- the checker that watches all of this catches what it is there for -----------------------------------


def test_a_mutant_that_never_claims_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bid, "claim", lambda *_: None)
    with pytest.raises(BrokenPromiseError, match="stuck since"):
        play(lambda: {"idle": Scripted(lambda *_: says(300))}, (target("idle"),), seconds=200)


def test_a_mutant_to_whom_the_dead_hold_their_tickets_for_ever_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def strike(world: World) -> None:
        node = _holder(world)
        assert node is not None
        die(node)

    monkeypatch.setattr("vacnet.agent.neighbours.HOLD_SECONDS", math.inf)
    with pytest.raises(BrokenPromiseError, match="stuck since"):
        play(
            lambda: {"slow": Scripted(lambda *_: says(300), trial_seconds=3000)},
            (target("slow", fizzle_seconds=3600),),
            factories=6,
            faults=((100.0, strike),),
            seconds=1200,
            calm_seconds=0.0,
        )
