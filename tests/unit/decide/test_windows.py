"""Windows: states, thresholds, lengths, and the mending after a split."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from vacnet.decide.windows import (
    TABLE,
    Happens,
    State,
    length_seconds,
    mended,
    next_window,
    noworks_exceed,
    opens_next,
    state_of,
    tickets_available,
    uncontradicted_reach,
)
from vacnet.space.rows import TICKETS
from vacnet.space.window import Window, never_tried
from vacnet.targets.model import Target

TARGET = Target(name="t", target_share=1.0, backoff_seconds=10, backoff_max_seconds=80)
WINDOW = Window(number=3, opener="f1", opened_at=100.0, length_seconds=20.0, streak=2)


def test_a_target_never_tried_may_be_probed_at_once() -> None:
    assert state_of(never_tried(50.0), proofs=0, gain=1, now=50.0) is State.PROBING


def test_a_window_younger_than_its_length_is_back_off() -> None:
    assert state_of(WINDOW, 0, 1, 119.9) is State.BACK_OFF
    assert state_of(WINDOW, 0, 1, 120.0) is State.PROBING


def test_proofs_grow_tickets_until_the_target_is_open() -> None:
    assert [tickets_available(proofs, 1) for proofs in (0, 1, 2, 31, 32)] == [1, 3, 5, 63, TICKETS]
    assert state_of(WINDOW, 1, 1, 130.0) is State.GROWING
    assert state_of(WINDOW, 32, 1, 130.0) is State.OPEN


def test_one_nowork_closes_while_probing_and_more_than_an_eighth_while_growing() -> None:
    assert noworks_exceed(proofs=0, noworks=1)
    assert not noworks_exceed(proofs=8, noworks=1)
    assert noworks_exceed(proofs=7, noworks=1)
    assert noworks_exceed(proofs=15, noworks=2)


def test_an_open_target_closes_at_two_or_an_eighth_of_the_unproven() -> None:
    assert not uncontradicted_reach(1, 0)
    assert uncontradicted_reach(2, 16)
    assert not uncontradicted_reach(12, 100)
    assert uncontradicted_reach(13, 100)


def test_back_off_doubles_with_each_window_without_a_proof_up_to_the_maximum() -> None:
    window, lengths = never_tried(0.0), []
    for _ in range(6):
        window = next_window(TARGET, window, "f1", proved=False, now=0.0)
        lengths.append(window.length_seconds)
    assert lengths == [10, 20, 40, 80, 80, 80]
    assert next_window(TARGET, window, "f1", proved=True, now=0.0).streak == 1


@given(st.integers(0, 10_000))
def test_no_streak_makes_a_back_off_longer_than_the_maximum(streak: int) -> None:
    assert 10 <= length_seconds(TARGET, streak) <= 80


def test_a_proof_by_a_machine_started_after_the_window_opened_shortens_it() -> None:
    assert mended(WINDOW, TARGET, 99.0) == WINDOW
    assert mended(WINDOW, TARGET, None) == WINDOW
    shortened = mended(WINDOW, TARGET, 101.0)
    assert (shortened.length_seconds, shortened.streak) == (10.0, 1)


def test_the_table_tells_for_every_state_what_may_happen() -> None:
    assert {state for state, _ in TABLE} == set(State)
    assert {happens for _, happens in TABLE} == set(Happens)


def test_only_what_the_table_names_leads_to_the_next_window() -> None:
    closing = {state: {happens for happens in Happens if opens_next(state, [happens])} for state in State}
    assert closing == {
        State.BACK_OFF: set(),
        State.PROBING: {Happens.NOWORKS_EXCEED, Happens.MOST_ERR},
        State.GROWING: {Happens.NOWORKS_EXCEED, Happens.MOST_ERR},
        State.OPEN: {Happens.UNCONTRADICTED, Happens.MOST_ERR},
    }


@given(st.integers(0, 64), st.integers(1, 4), st.floats(0, 1e6))
def test_the_state_follows_the_table(proofs: int, gain: int, now: float) -> None:
    """One proof more never leads to a state that the table does not name."""
    before, after = (state_of(WINDOW, p, gain, now) for p in (proofs, proofs + 1))
    if before is after:
        return
    allowed = {then for (state, _), then in TABLE.items() if state is before}
    assert after.value in {then.value for then in allowed}


def test_every_pair_of_the_table_is_of_known_words() -> None:
    assert set(TABLE) <= set(product(State, Happens))
