"""Vac 3's rule of poll and race: the reproduction that comparisons stand on.

It is held against figures of Vac's own rule that were found without this code: creators of a probe by
the length of a poll and the size of a space, what group shares come to, superslots, back-off and fizzle.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from vacnet.simulate.whatif.creators import creators
from vacnet.simulate.whatif.vac3 import Placed, Seen, is_eligible, order, place
from vacnet.targets.model import Target

slow = (pytest.mark.slow, pytest.mark.timeout(3600))
DAY = 86400


def target(name: str, share: float = 1.0, **options: object) -> Target:
    return Target(name=name, target_share=share, backoff_seconds=600, fizzle_seconds=300, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("factories", "one_is_silent", "expected", "races"),
    [
        (100, False, 4.3, 150),
        (100, True, 17.6, 30),
        (500, False, 17.0, 12),
        (500, True, 84.0, 6),
        # each race of 500 takes a second; over so many the figure no longer hangs on the seed
        pytest.param(100, False, 4.3, 1500, marks=slow),
        pytest.param(100, True, 17.6, 500, marks=slow),
        pytest.param(500, False, 17.0, 200, marks=slow),
        pytest.param(500, True, 84.0, 100, marks=slow),
    ],
)
def test_so_many_factories_make_the_one_probe(
    factories: int, *, one_is_silent: bool, expected: float, races: int
) -> None:
    assert creators(factories, races, one_is_silent=one_is_silent) == pytest.approx(expected, rel=0.15)


def test_a_group_of_two_gets_half_of_its_due() -> None:
    """Two of share 1 in a group beside one of share 2: 0.17, 0.17, 0.66 where 0.25, 0.25, 0.5 is due."""
    targets = [target("a", group="pair"), target("b", group="pair"), target("c", share=2.0)]
    have, rng = Counter[str](), Random(1)
    for _ in range(3000):
        seen = {one.name: Seen(running=have[one.name]) for one in targets}
        have[order(targets, seen, 0.0, rng)[0].name] += 1
    parts = {name: count / 3000 for name, count in have.items()}
    assert parts == {
        "a": pytest.approx(1 / 6, abs=0.01),
        "b": pytest.approx(1 / 6, abs=0.01),
        "c": pytest.approx(2 / 3, abs=0.01),
    }


@pytest.mark.parametrize(
    ("seen", "at", "eligible"),
    [
        (Seen(), 0.0, True),
        (Seen(aborted_at=0.0), 600.0, False),
        (Seen(aborted_at=0.0), 601.0, True),
        (Seen(aborted_at=0.0, young=True), 899.0, False),
        (Seen(aborted_at=0.0, young=True), 901.0, True),
        (Seen(running=1000.0, aborted_at=0.0), 599.0, False),
    ],
)
def test_an_abort_keeps_all_off_until_its_time_is_over_however_many_succeed(
    seen: Seen, at: float, *, eligible: bool
) -> None:
    assert is_eligible(target("any"), seen, at) is eligible


def test_what_has_no_share_is_never_made() -> None:
    assert order([target("none", share=0.0)], {"none": Seen()}, 0.0, Random(1)) == []


LARGE = target("large", min_processors=8, max_processors=8)
SMALL = target("small", min_wallclock_seconds=3600)


@pytest.mark.parametrize(
    ("eligible", "slots", "free", "expected"),
    [
        ([LARGE], {}, 8, Placed(LARGE, 8, DAY)),
        ([LARGE], {}, 7, None),
        ([LARGE, SMALL], {}, 7, Placed(SMALL, 1, DAY)),
        # a superslot that is not full is filled first, with its deadline
        ([SMALL], {7200.0: 3}, 20, Placed(SMALL, 1, 7200.0)),
        # and its room is kept although nothing fits
        ([LARGE], {7200.0: 3}, 12, None),
        ([LARGE], {7200.0: 3}, 13, Placed(LARGE, 8, DAY)),
        # too little time is left of it
        ([SMALL], {3000.0: 3}, 20, Placed(SMALL, 1, DAY)),
        ([SMALL], {7200.0: 8}, 0, None),
    ],
)
def test_machines_are_placed_by_superslots(
    eligible: list[Target], slots: dict[float, int], free: int, expected: Placed | None
) -> None:
    assert place(eligible, slots, free, 8, 0.0) == expected
