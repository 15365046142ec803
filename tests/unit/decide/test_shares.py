"""Shares: chances in proportion to what is lacking, on both levels."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.decide.shares import Contender, choose, draw, lacks


def contender(name: str, share: float, running: float, group: str = "") -> Contender:
    return Contender(name, group or name, share, running)


def test_what_lacks_most_has_the_best_chance_and_what_has_enough_none() -> None:
    lots = {lot.target: lot for lot in lacks([contender("a", 3, 0), contender("b", 1, 5)], 5, 5)}
    assert lots["a"].due == pytest.approx(7.5)
    assert lots["a"].weight == pytest.approx(7.5)
    assert lots["b"].weight == 0


def test_when_nothing_lacks_the_shares_themselves_are_the_chances() -> None:
    lots = lacks([contender("a", 3, 300), contender("b", 1, 100)], 400, 0)
    assert [lot.weight for lot in lots] == [3, 1]


def test_a_group_of_two_against_one_of_equal_share_is_half_and_half() -> None:
    contenders = [contender("a", 1, 0, "ab"), contender("b", 1, 0, "ab"), contender("c", 2, 0)]
    lots = {lot.target: lot.weight for lot in lacks(contenders, 0, 100)}
    assert lots["a"] + lots["b"] == pytest.approx(lots["c"])
    assert lots["a"] == pytest.approx(lots["b"])


@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 1000)), min_size=1, max_size=8),
    st.floats(0, 1000),
    st.integers(0, 2**32),
)
def test_somebody_is_always_chosen(rows: list[tuple[float, float]], free: float, seed: int) -> None:
    contenders = [contender(str(n), share, running) for n, (share, running) in enumerate(rows)]
    lots = lacks(contenders, sum(running for _, running in rows), free)
    assert choose(lots, Random(seed).random()) in {c.target for c in contenders}
    assert all(lot.weight >= 0 for lot in lots)


def test_draws_follow_the_weights() -> None:
    rng = Random(1)
    lots = lacks([contender("a", 3, 0), contender("b", 1, 0)], 0, 40)
    drawn = Counter(choose(lots, rng.random()) for _ in range(4000))
    assert drawn["a"] == pytest.approx(3000, abs=120)


def test_a_choice_tells_all_that_is_needed_to_make_it_again() -> None:
    contenders = [contender("a", 3, 0), contender("b", 1, 4), contender("c", 4, 9)]
    for choice in (draw(contenders, 13, 7, Random(seed)) for seed in range(50)):
        assert choice.lots == lacks(contenders, choice.running, choice.free)
        assert choice.chosen == choose(choice.lots, choice.mark)
        assert {lot.due for lot in choice.lots} == {7.5, 2.5, 10}
