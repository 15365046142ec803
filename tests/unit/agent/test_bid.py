"""A bid goes from its turn over its claim to the start, and back when something is gone."""

from collections.abc import Mapping
from random import Random

from vacnet.agent.bid import Bid, Step
from vacnet.decide.peers import Peer
from vacnet.decide.standing import Standing, stand
from vacnet.decide.tickets import draw
from vacnet.space.rows import NO_CLAIM, TargetRow
from vacnet.space.window import Window, never_tried
from vacnet.targets.model import Target

TARGET = Target(name="t", target_share=1.0)
NAMES = ("f1", "f2", "f3")
ORDER = sorted(NAMES, key=lambda name: draw("t", never_tried(0.0), name, 0))


NO_CLAIMS: Mapping[str, int] = {}


def standing(now: float, claims: Mapping[str, int] = NO_CLAIMS, window: Window | None = None) -> Standing:
    over = window or never_tried(0.0)
    rows = (
        TargetRow(target="t", window=over, can=1, claim=claims.get(name, NO_CLAIM), claim_at=now)
        for name in NAMES
    )
    peers = [Peer(name, live=True, holds=True, row=row) for name, row in zip(NAMES, rows, strict=True)]
    return stand(TARGET, over, peers, now)


def review(bid: Bid, now: float, claims: Mapping[str, int] = NO_CLAIMS, *, able: bool = True) -> Step:
    bid.review(standing(now, claims), now, Random(0), able=able)
    return bid.step


def test_the_first_in_rank_may_claim_at_once_and_starts_after_the_wait() -> None:
    bid = Bid(TARGET, ORDER[0])
    assert review(bid, 0.0) is Step.READY_TO_CLAIM
    bid.claim(2, 0.0)
    assert review(bid, 0.9) is Step.CLAIMED
    assert (bid.ticket, bid.processors) == (0, 2)
    assert review(bid, 1.0) is Step.READY_TO_START


def test_the_second_in_rank_waits_two_seconds() -> None:
    bid = Bid(TARGET, ORDER[1])
    assert review(bid, 0.0) is Step.WAITING
    assert bid.due == 2.0
    assert review(bid, 1.9) is Step.WAITING
    assert review(bid, 2.0) is Step.READY_TO_CLAIM


def test_a_claim_by_another_ends_the_wait() -> None:
    bid = Bid(TARGET, ORDER[1])
    review(bid, 0.0)
    assert review(bid, 0.5, {ORDER[0]: 0}) is Step.NO_TURN


def test_a_claim_yields_to_a_better_one_and_not_to_a_worse() -> None:
    worse, better = Bid(TARGET, ORDER[1]), Bid(TARGET, ORDER[0])
    for bid in (worse, better):
        review(bid, 5.0)
        review(bid, 10.0)
        bid.claim(1, 10.0)
    both = {ORDER[0]: 0, ORDER[1]: 0}
    assert review(worse, 10.1, both) is Step.NO_TURN
    assert review(better, 10.1, both) is Step.CLAIMED
    assert worse.processors == 0


def test_a_late_timer_claims_anew() -> None:
    bid = Bid(TARGET, ORDER[0])
    review(bid, 0.0)
    bid.claim(1, 0.0)
    assert review(bid, 1.6) is Step.CLAIMED
    assert (bid.claimed_at, bid.due) == (1.6, 2.6)


def test_a_veto_withdraws_the_claim() -> None:
    bid = Bid(TARGET, ORDER[0])
    review(bid, 0.0)
    bid.claim(1, 0.0)
    assert review(bid, 0.5, able=False) is Step.NO_TURN
    assert (bid.ticket, bid.processors) == (NO_CLAIM, 0)


def test_a_new_window_withdraws_the_claim() -> None:
    bid = Bid(TARGET, ORDER[0])
    review(bid, 0.0)
    bid.claim(1, 0.0)
    newer = Window(number=1, opener="f9", opened_at=0.0, length_seconds=60.0, streak=1)
    bid.review(standing(0.5, window=newer), 0.5, Random(0), able=True)
    assert bid.step is Step.NO_TURN
