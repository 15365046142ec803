"""Shares while a space fills and when it is full, over many seeds: the rule alone, with rows a second old.

Each factory chooses once a second by the rows of the second before, as real ones do at the worst; what
they chose counts from the next second on. Figures and their setting are those of the gossip research 5.4.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from vacnet.decide.shares import Contender, draw, free_soon

SHARES = {"a": 40.0, "b": 30.0, "c": 15.0, "d": 10.0, "e": 5.0}
PLACES = 10
FILL_SECONDS = 20
STEADY_SECONDS = 60
LIFE_SECONDS = 300.0


def _course(factories: int, seed: int) -> tuple[float, float]:
    """Return the worst error in points while filling, once a quarter is full, and afterwards."""
    rng = Random(seed)
    places: list[list[str]] = [[] for _ in range(factories)]
    filling = steady = 0.0
    for second in range(FILL_SECONDS + STEADY_SECONDS):
        if second >= FILL_SECONDS:
            _let_end(places, rng)
        _choose_all(places, rng)
        error = _error(places)
        taken = sum(len(host) for host in places)
        if second >= FILL_SECONDS:
            steady = max(steady, error)
        elif taken >= factories * PLACES / 4:
            filling = max(filling, error)
    return filling, steady


def _choose_all(places: list[list[str]], rng: Random) -> None:
    have = Counter(name for host in places for name in host)
    contenders = [Contender(name, name, share, have[name]) for name, share in SHARES.items()]
    running = sum(have.values())
    free = sum(free_soon(PLACES - len(host), 1) for host in places)
    chosen = [draw(contenders, running, free, rng).chosen if len(host) < PLACES else "" for host in places]
    for host, name in zip(places, chosen, strict=True):
        host.extend([name] if name else [])


def _let_end(places: list[list[str]], rng: Random) -> None:
    for host in places:
        host[:] = [name for name in host if rng.random() > 1 / LIFE_SECONDS]


def _error(places: list[list[str]]) -> float:
    have = Counter(name for host in places for name in host)
    running, total = sum(have.values()), sum(SHARES.values())
    return max(abs(100 * have[name] / running - 100 * share / total) for name, share in SHARES.items())


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


@pytest.fixture(scope="module")
def courses() -> list[tuple[float, float]]:
    return [_course(100, seed) for seed in range(100)]


def test_the_worst_error_while_filling_is_a_few_points(courses: list[tuple[float, float]]) -> None:
    assert _p95([filling for filling, _ in courses]) <= 4.5


def test_the_error_of_a_full_space_is_a_point_or_a_machine(courses: list[tuple[float, float]]) -> None:
    assert _p95([steady for _, steady in courses]) <= 1.0


def test_groups_share_alike_whatever_their_members_are() -> None:
    have = Counter[str]()
    rng = Random(3)
    groups = {"one": ("pair", 1.0), "two": ("pair", 1.0), "large": ("large", 2.0)}
    for _ in range(1000):
        contenders = [Contender(name, group, share, have[name]) for name, (group, share) in groups.items()]
        have[draw(contenders, sum(have.values()), 1000 - sum(have.values()), rng).chosen] += 1
    assert have["one"] + have["two"] == pytest.approx(500, abs=10)
    assert have["one"] == pytest.approx(250, abs=15)
