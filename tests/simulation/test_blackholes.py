"""A host on which everything fails spends few machines; sound hosts are left alone at any base rate.

First the test alone, at more host-days than any run of machines reaches; then both promises in one run of
a hundred hosts, one of them a black hole, each with its ledger.
"""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest

from tests.simulation.decide_space import target
from tests.simulation.hosts import Hosts
from vacnet.decide.blackholes import NONE, is_suspect, suspected, upper

DAY = 86_400.0
HOUR = 3_600.0
PEERS = 99
PLACES = 10
RATES = (0.0, 0.02, 0.2)
BROKEN_AT = 1.5 * HOUR


def _peers(rng: Random, base: float, an_hour: float) -> float:
    """Return the rate that 99 sound peers show at a moment, with the noise of their counts."""
    tried = PEERS * an_hour
    failed = rng.gauss(base * tried, math.sqrt(base * (1 - base) * tried)) if base else 0.0
    return upper(min(tried, max(0.0, failed)), tried)


@pytest.mark.parametrize("base", RATES)
@pytest.mark.parametrize("local_back_off", [0.0, 80.0, 4800.0])
def test_a_black_hole_spends_at_most_ten_machines_in_a_day(base: float, local_back_off: float) -> None:
    rng, now, spent, streak, failed, at = Random(1), 0.0, 0, 0, 0.0, 0.0
    suspicion = NONE
    while now < DAY:
        spent, streak = spent + 1, streak + 1
        failed, at = failed * math.exp(-(now - at) / HOUR) + 1, now
        rate = _peers(rng, base, PLACES)
        confirmed = bool(suspicion.count) and now >= suspicion.until
        if confirmed or is_suspect(streak, failed, failed, rate):
            suspicion = suspected(suspicion, failed, failed, rate, now)
        now = max(suspicion.until, now + 5 + local_back_off)
    assert spent <= 10


@pytest.mark.parametrize(
    ("base", "an_hour", "days"),
    [  # at a base rate of 0 a sound host never fails at all
        (0.02, PLACES, 20_000),
        (0.2, PLACES, 20_000),
        (0.02, 60 * PLACES, 3_100),
        pytest.param(0.2, 60 * PLACES, 3_100, marks=pytest.mark.slow),
    ],
)
def test_sound_hosts_are_falsely_suspected_on_fewer_than_one_of_a_thousand_days(
    base: float, an_hour: int, days: int
) -> None:
    rng, fade = Random(2), math.exp(-1 / an_hour)
    streak = alarms = 0
    tried, failed = float(an_hour), an_hour * base
    for _ in range(int(days * 24 * an_hour * base)):
        between = _successes(rng, base)
        faded = fade**between
        tried, failed = tried * faded + (1 - faded) / (1 - fade), failed * faded
        tried, failed, streak = tried * fade + 1, failed * fade + 1, 1 if between else streak + 1
        if is_suspect(streak, failed, tried, _peers(rng, base, an_hour)):
            alarms, streak = alarms + 1, 0
    assert _upper_limit(alarms) / days < 1e-3


def _successes(rng: Random, base: float) -> int:
    """Return how many machines succeed until the next failure."""
    return int(math.log(1 - rng.random()) / math.log(1 - base))


def _upper_limit(alarms: int) -> float:
    """Return the upper 95 % limit of a Poisson mean of which so many were seen."""
    mean = float(alarms)
    while sum(math.exp(-mean) * mean**n / math.factorial(n) for n in range(alarms + 1)) > 0.05:
        mean += 0.05
    return mean


@pytest.mark.parametrize("base", RATES)
@pytest.mark.parametrize(
    "days",  # at 10 machines an hour and host, 33 days are 800,000 machines
    [1 / 6, pytest.param(33, marks=(pytest.mark.slow, pytest.mark.timeout(3600)))],
)
def test_a_black_hole_is_found_by_itself_and_nobody_else_in_the_same_run(base: float, days: float) -> None:
    def course(host: int, now: float, rng: Random) -> tuple[int, float, float]:
        if host == 0 and now > BROKEN_AT:
            return 500, math.inf, 5.0
        if rng.random() < base:
            return 500, math.inf, rng.uniform(1, 60)
        return 200, 60.0, HOUR * rng.uniform(0.5, 1.5)

    space = Hosts(
        target("work", backoff=60), PEERS + 1, PLACES, course, days * DAY, seed=3, steady_from=HOUR
    ).run()
    wasted = Counter(int((at - BROKEN_AT) // DAY) for at in space.failures[0] if at > BROKEN_AT)
    assert 1 <= wasted.pop(0) <= 10
    assert max(wasted.values(), default=0) <= 2  # one machine is tried from time to time
    alarms = sum(space.alarms.values()) - space.alarms[0]
    assert space.alarms[0] == 1
    assert alarms == 0 if days < 1 else _upper_limit(alarms) / (PEERS * days) < 1e-3
    assert space.blamed == 0


def test_in_a_fault_of_the_whole_site_nobody_suspects_itself() -> None:
    assert not is_suspect(30, 30.0, 30.0, 0.95)


def test_without_peers_that_tried_nothing_is_concluded() -> None:
    assert upper(0, 0) == 1.0
    assert not is_suspect(50, 50.0, 50.0, 1.0)


def test_a_host_that_fails_half_of_what_others_do_is_found_though_never_often_in_a_row() -> None:
    found = next(n for n in range(1, 200) if is_suspect(1, n / 2, n, 0.02))
    assert found <= 20


def test_a_suspicion_grows_to_a_day_and_keeps_its_begin() -> None:
    suspicion, lengths, now = NONE, [], 0.0
    for _ in range(5):
        suspicion = suspected(suspicion, 9.0, 9.0, 0.2, now)
        lengths.append((suspicion.until - now) / HOUR)
        now = suspicion.until
    assert lengths == [6, 18, 24, 24, 24]
    assert suspicion.since == 0.0
