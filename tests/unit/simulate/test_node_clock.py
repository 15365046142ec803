"""A simulated factory is woken when its clock shows the time it asked for, never a rounding error before."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from vacnet.simulate.node import woken_at

SECONDS = st.floats(0.0, 1e7)


@given(base=SECONDS, after=SECONDS)
@example(base=289.96206240949897, after=512.2078683626322)
def test_the_clock_shows_the_timer_when_it_is_woken(base: float, after: float) -> None:
    timer = base + after
    due = woken_at(timer, base)
    assert due + base >= timer
    assert due - after <= 4 * math.ulp(timer)


def test_a_timer_that_never_comes_stays_so() -> None:
    assert woken_at(math.inf, 289.9) == math.inf
