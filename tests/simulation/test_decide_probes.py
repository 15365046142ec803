"""Probes: one machine a window, whatever the network loses; useless ones bounded by the jobs found."""

from __future__ import annotations

import pytest

from tests.simulation.decide_space import LOSSY, WAN, play, target
from vacnet.outcomes import Kind
from vacnet.simulate.probing import probed
from vacnet.simulate.toys import Queue

slow = (pytest.mark.slow, pytest.mark.timeout(3600))


@pytest.mark.parametrize(
    ("factories", "windows"),
    [(10, 60), pytest.param(10, 500, marks=slow), pytest.param(100, 500, marks=slow)],
)
def test_a_window_costs_one_probe(factories: int, windows: int) -> None:
    found = probed(factories, windows, LOSSY)
    assert found.windows >= 0.8 * windows
    assert 1.00 <= found.mean <= 1.02
    assert found.none == 0


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
