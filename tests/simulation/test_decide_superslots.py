"""Superslots: processors come free together, so that large machines fit without any room kept for them."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import pytest

from tests.simulation.decide_space import HOUR, board, play, target
from vacnet.agent import keeping
from vacnet.simulate.counts import Counts
from vacnet.simulate.run import World
from vacnet.simulate.toys import Behaviour, Queue

SIZE = 8
PROCESSORS = 16
SECONDS = HOUR


def _give(size: int, world: World) -> None:
    for node in world.nodes:
        node.settings = replace(node.settings, processors_per_superslot=size)


def _end_at_deadlines(world: World) -> None:
    """End what has reached its deadline, as the daemon does; look again in a second."""
    for node in world.nodes:
        for uuid, machine in list(node.disk.machines.items()):
            if machine.ended_at is None and machine.deadline_at <= node.now:
                node.end_machine(uuid, "100 deadline", 60, stopped="deadline")
    world.clock.after(1.0, _end_at_deadlines, world)


def _deadlines(seen: set[int], world: World) -> None:
    """Note on how many deadlines the machines of a host are spread."""
    for n in range(len(world.nodes)):
        ends = {one.ends_at for one in board(world, n).rooms.machines()}
        seen.add(len(ends))
    world.clock.after(7.0, partial(_deadlines, seen), world)


def _run(size: int, seen: set[int]) -> Counts:
    def behaviours() -> dict[str, Behaviour]:
        small = Queue([(0.0, 10**6)], work_seconds=200)
        return {"small": small, "large": Queue([(300.0, 10**6)], work_seconds=900)}

    targets = (
        target("small", target_share=70, gain=2, max_wallclock_seconds=1800, min_wallclock_seconds=300),
        target(
            "large",
            target_share=30,
            min_processors=SIZE,
            max_processors=SIZE,
            max_wallclock_seconds=1800,
            min_wallclock_seconds=1000,
        ),
    )
    faults = ((0.0, partial(_give, size)), (2.0, _end_at_deadlines), (10.0, partial(_deadlines, seen)))
    counts, _ = play(behaviours, targets, factories=2, processors=PROCESSORS, seconds=SECONDS, faults=faults)
    return counts


def test_whole_superslots_come_free_and_large_machines_fit_by_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "PATIENCE_SECONDS", math.inf)
    seen: set[int] = set()
    counts = _run(SIZE, seen)
    assert max(seen) <= PROCESSORS // SIZE
    starts = [start.at for start in counts.of("large") if start.at > 300]
    assert len(starts) >= 3
    assert len(counts.of("small")) > SECONDS / 200 * PROCESSORS * 2 * 0.4


def test_without_superslots_none_fits_unless_room_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PATIENCE_SECONDS", math.inf)
    seen: set[int] = set()
    counts = _run(1, seen)
    assert max(seen) > PROCESSORS // SIZE
    assert [start for start in counts.of("large") if start.at > 300] == []
