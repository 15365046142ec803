"""Queues without work: what is wasted on them, and how soon work that returns is found."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.decide_space import HOUR, board, play, says, target, window, works
from vacnet.simulate.mishaps import at_work_before
from vacnet.simulate.payloads import Scripted, Shifts
from vacnet.simulate.run import World
from vacnet.simulate.toys import Behaviour, Verdict
from vacnet.space.window import Window
from vacnet.targets.model import Proof

slow = (pytest.mark.slow, pytest.mark.timeout(3600))


@pytest.mark.parametrize(
    ("factories", "pilots", "hours"), [(3, 90, 0.7), pytest.param(10, 3000, 3.0, marks=slow)]
)
def test_pilots_that_drain_at_one_300_every_29_seconds_hold_no_window_open(
    factories: int, pilots: int, hours: float
) -> None:
    back, until = (hours - 0.25) * HOUR, hours * HOUR
    empty = target("empty", backoff=60)

    def begin(world: World) -> None:
        told = [
            (node, uuid) for node in world.nodes for uuid in at_work_before(node, empty, pilots // factories)
        ]
        world.rng.shuffle(told)
        for number, (node, uuid) in enumerate(told):
            world.clock.at(10.0 + 29 * number, node.end_machine, uuid, "300 no more work", 60)

    counts, world = play(
        lambda: {"empty": Shifts(lambda now: now > back, 5, 20, HOUR)},
        (empty,),
        factories=factories,
        processors=pilots // factories,
        faults=((0.0, begin),),
        seconds=until,
    )
    opened = counts.opened("empty", since=1.0)
    assert counts.useless("empty") <= 3 + len(opened)  # two in the open, and one of each window
    assert len(opened) >= 5
    found = min(start.at for start in counts.of("empty") if start.at > back)
    assert found <= back + 480 + 30  # the longest back-off, and its probe
    assert board(world).standings["empty"].proofs


@pytest.mark.parametrize("machines", [40, pytest.param(1000, marks=slow)])
def test_machines_from_before_the_window_that_end_200_let_out_no_tickets(machines: int) -> None:
    empty = target("empty", backoff=60)

    def begin(world: World) -> None:
        opened = Window(1, world.nodes[0].name, world.nodes[0].now - 1e4, 0.0, 1, open=True)
        for place, node in enumerate(world.nodes):
            uuids = at_work_before(node, empty, machines // 4, open_window=opened)
            for number, uuid in enumerate(uuids):
                at = 100 + 1800.0 * (number + place / 4) / len(uuids)
                world.clock.at(at, node.end_machine, uuid, "200 done", 60)

    counts, _ = play(
        lambda: {"empty": Scripted(lambda *_: says(300))},
        (empty,),
        factories=4,
        processors=machines // 4,
        faults=((0.0, begin),),
        seconds=2000,
    )
    probes = Counter(start.window for start in counts.of("empty") if start.ticket >= 0)
    assert set(probes.values()) == {1}
    assert max(counts.lengths.values()) == 480  # nothing has proved: back-off goes on growing
    assert sum(start.ticket < 0 for start in counts.of("empty")) <= 8  # in the open: A of each of 5 s


def test_payloads_that_beat_for_half_an_hour_and_then_say_300_are_learned_from() -> None:
    waiting = target("waiting", backoff=600, fizzle_seconds=600)
    counts, _ = play(
        lambda: {"waiting": Scripted(lambda *_: says(300, 1800))},
        (waiting,),
        factories=3,
        processors=10,
        seconds=6 * HOUR,
    )
    starts = counts.of("waiting")
    first = sum(start.window == 0 for start in starts)
    assert first <= 4  # one for each ten minutes until the first has spoken
    later = [start.window for start in starts if start.window]
    assert len(later) >= 3
    assert len(later) == len(set(later))


@pytest.mark.parametrize("hours", [2.0, pytest.param(8.0, marks=slow)])
def test_payloads_that_say_300_after_half_an_hour_waste_few_under_the_default_proof(hours: float) -> None:
    waiting = target("waiting", backoff=600, fizzle_seconds=600, proof=Proof.FIZZLE)
    counts, _ = play(
        lambda: {"waiting": Scripted(lambda *_: says(300, 1800))},
        (waiting,),
        factories=3,
        processors=40,
        seconds=hours * HOUR,
    )
    assert 1 <= counts.useless("waiting") <= 20
    assert len(counts.of("waiting")) <= 20


def _until_empty(proof: float, empty: float, places: int, seed: int) -> tuple[int, float, int, int]:
    """Return the useless machines until the window opens, and how an open target comes back.

    Jobs of half an hour to an hour and a half keep all places full for an hour, the queue is empty for
    one, and has work again for two and a half.
    """
    dry, back = 1.2 * HOUR, 2.2 * HOUR
    full = target("full", backoff=600, gain=2, fizzle_seconds=600)
    end = 4.7 * HOUR

    def begin(world: World) -> None:
        began = world.nodes[0].now - 4 * HOUR
        for node in world.nodes:
            opened = Window(1, world.nodes[0].name, began, 0.0, 1, open=True)
            for uuid in at_work_before(node, full, places // 4, open_window=opened):
                at = world.rng.uniform(10.0, HOUR)
                world.clock.at(at, node.end_machine, uuid, "200 done", 60)

    def course() -> dict[str, Behaviour]:
        return {"full": Shifts(lambda now: not dry <= now < back, proof, empty, HOUR)}

    counts, world = play(
        course, (full,), seed, factories=4, processors=places // 4, faults=((0.0, begin),), seconds=end
    )
    opened = counts.opened("full", since=dry)
    windows = [at for at in opened if at >= back]
    return counts.useless("full", until=opened[0]), opened[0] - dry, len(windows), _full_at_end(world)


def _full_at_end(world: World) -> int:
    return int(board(world).standings["full"].machines_running)


DRY = [(120, 60, 10), (600, 60, 25), (600, 120, 100), (60, 1800, 250)]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("proof", "empty", "most"), DRY)
def test_an_open_target_whose_queue_empties_wastes_few_and_is_full_again_within_two_windows(
    proof: float, empty: float, most: int
) -> None:
    useless, _, windows, full = _until_empty(proof, empty, 400, 0)
    assert useless <= most
    assert windows <= 2
    assert full >= 390


def test_machines_that_all_end_100_after_ten_seconds_are_not_restarted_without_end() -> None:
    counts, _ = play(
        lambda: {"mute": Scripted(lambda *_: says(100, 10), trial_seconds=0.0)},
        (target("mute", backoff=60),),
        factories=4,
        processors=10,
        seconds=2 * HOUR,
    )
    by_factory = {start.factory for start in counts.starts}
    assert len(by_factory) == 4
    # off for 1, 2, 4, 8 minutes, and 8 from then on
    assert 40 <= len(counts.starts) <= 4 * (4 + 2 * 60 / 8)


@pytest.mark.parametrize("machines", [100, pytest.param(1000, marks=slow)])
def test_one_odd_300_among_many_at_work_opens_no_window(machines: int) -> None:
    odd = {"left": 1}

    def course(_factory: str, now: float, _rng: object) -> Verdict:
        if now > 900 and odd["left"]:
            odd["left"] = 0
            return says(300)
        return works(300)

    counts, world = play(
        lambda: {"work": Scripted(course)},
        (target("work"),),
        factories=4,
        processors=machines // 4,
        seconds=1800,
    )
    assert counts.useless("work") == 1
    assert counts.opened("work", since=1.0) == []
    assert window(world, "work").number == 0
