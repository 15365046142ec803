"""Tickets: equal ranks everywhere, no ticket twice, waits in order of rank."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from vacnet.decide.peers import Peer
from vacnet.decide.standing import Standing, stand
from vacnet.decide.tickets import (
    LOOK_AT,
    LOOK_SECONDS_MAX,
    draw,
    first_claimant,
    free_tickets,
    look_seconds,
    must_yield,
    turn_of,
    wait_seconds,
)
from vacnet.space.rows import TargetRow
from vacnet.space.window import Window
from vacnet.targets.model import Target

TARGET = Target(name="t", target_share=1.0)
WINDOW = Window(number=1, opener="f0", opened_at=0.0, length_seconds=0.0, streak=1)


def peer(name: str, *, can: int = 1, tickets: int = 0, proofs: int = 0, claim: int = -1) -> Peer:
    row = TargetRow(
        target="t",
        window=WINDOW,
        can=can,
        tickets=tickets,
        proofs=proofs,
        claim=claim,
        claim_at=None if claim < 0 else 0.0,
    )
    return Peer(name, live=True, holds=True, row=row)


def standing(*peers: Peer) -> Standing:
    return stand(TARGET, WINDOW, peers, now=1.0)


@given(st.integers(1, 30))
def test_ranks_of_all_candidates_are_a_permutation(count: int) -> None:
    names = [f"f{number}" for number in range(count)]
    here = standing(*(peer(name) for name in names))
    turns = [turn_of("t", here, name) for name in names]
    assert sorted(turn.rank for turn in turns if turn) == list(range(count))


def test_ranks_do_not_depend_on_the_order_in_which_factories_are_known() -> None:
    names = [f"f{number}" for number in range(9)]
    one = standing(*(peer(name) for name in names))
    other = standing(*(peer(name) for name in reversed(names)))
    assert [turn_of("t", one, name) for name in names] == [turn_of("t", other, name) for name in names]


def test_taken_and_claimed_tickets_are_not_free() -> None:
    here = standing(peer("f1", tickets=0b11, proofs=2), peer("f2", claim=3))
    assert list(free_tickets(here)) == [2, 4]
    assert list(free_tickets(here, besides="f2")) == [2, 3, 4]


def test_with_many_free_tickets_factories_spread_over_the_lowest_eight() -> None:
    names = [f"f{number}" for number in range(8)]
    here = standing(peer("old", can=0, proofs=20), *(peer(name) for name in names))
    tickets = [turn.ticket for name in names if (turn := turn_of("t", here, name))]
    assert max(tickets) < LOOK_AT
    assert len(set(tickets)) > 3


def test_the_better_lot_wins_a_race_and_only_one_wins() -> None:
    here = standing(peer("f1", claim=0), peer("f2", claim=0), peer("f3", claim=0))
    stays = [name for name in ("f1", "f2", "f3") if not must_yield("t", WINDOW, name, 0, here)]
    assert stays == [min(("f1", "f2", "f3"), key=lambda name: draw("t", WINDOW, name, 0))]


def test_a_claim_gives_way_to_a_bit() -> None:
    here = standing(peer("f1", claim=0), peer("f2", tickets=1))
    assert must_yield("t", WINDOW, "f1", 0, here)


def test_a_claim_that_nobody_followed_up_ends_after_its_tail() -> None:
    peers = (peer("f1", claim=0), peer("f2"))
    assert list(free_tickets(stand(TARGET, WINDOW, peers, 30.9))) == []
    assert list(free_tickets(stand(TARGET, WINDOW, peers, 31.0))) == [0]


def test_a_silent_factory_is_no_candidate_and_its_claim_ends() -> None:
    silent = Peer("f1", live=False, holds=True, row=peer("f1", claim=0).row)
    here = standing(silent, peer("f2"))
    assert here.candidates == ("f2",)
    assert list(free_tickets(here)) == [0]


def test_rows_under_another_window_take_no_ticket() -> None:
    other = Window(number=0, opener="", opened_at=0.0, length_seconds=0.0, streak=0)
    old = Peer("f1", live=True, holds=True, row=TargetRow(target="t", window=other, tickets=1, proofs=9))
    here = standing(old, peer("f2"))
    assert (here.taken, here.proofs) == (0, 0)


@given(st.integers(0, 2000), st.integers(0, 2**32))
def test_waits_are_in_turn_up_to_rank_eight_and_bounded_beyond(rank: int, seed: int) -> None:
    wait = wait_seconds(rank, Random(seed))
    assert wait == 2.0 * rank if rank < 8 else 16.0 <= wait <= 26.0


@given(st.integers(1, 300))
def test_who_is_first_looks_first_and_all_within_a_second(count: int) -> None:
    names = [f"f{number}" for number in range(count)]
    here = standing(*(peer(name) for name in names))
    looks = {name: look_seconds("t", WINDOW, name, count - 1) for name in names}
    assert min(looks, key=lambda name: (looks[name], name)) == first_claimant("t", here)
    assert all(0 <= seconds <= LOOK_SECONDS_MAX for seconds in looks.values())


def test_who_is_alone_looks_at_once() -> None:
    assert look_seconds("t", WINDOW, "f1", rivals=0) == 0.0
