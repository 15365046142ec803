"""Caps: which claims count before one's own, what is left, and who starts the last of an open target."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.decide.caps import NO_CAP, ahead, is_capped, machines_left, processors_left
from vacnet.decide.peers import Peer
from vacnet.decide.standing import Standing, stand
from vacnet.space.rows import NO_CLAIM, TargetRow
from vacnet.space.window import Window
from vacnet.targets.model import Target

NAMES = [f"f{n}" for n in range(12)]
GROWING = Window(1, "f0", 0.0, 1.0, 1)


def _target(**caps: int) -> Target:
    return Target(name="t", target_share=1.0, **caps)  # type: ignore[arg-type]


def _standing(target: Target, window: Window, rows: dict[str, dict[str, int]]) -> Standing:
    peers = [
        Peer(
            name,
            live=True,
            holds=True,
            row=TargetRow(target="t", window=window, claim_at=9.0, **row),  # type: ignore[arg-type]
        )
        for name, row in rows.items()
    ]
    return stand(target, window, peers, 10.0)


@given(st.integers(1, 8), st.integers(0, 8), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_of_claims_that_all_have_heard_as_many_stay_as_the_cap_leaves(
    cap: int, running: int, tickets: list[int]
) -> None:
    target = _target(max_machines_running=cap)
    rows = {name: {"claim": ticket} for name, ticket in zip(NAMES, tickets, strict=False)}
    rows["other"] = {"machines_running": running, "claim": NO_CLAIM}
    standing = _standing(target, GROWING, rows)
    stay = [
        claim.factory
        for claim in standing.claims
        if machines_left(target, standing, ahead("t", standing, claim.factory, claim.ticket)) > 0
    ]
    assert len(stay) == min(len(tickets), max(0, cap - running))


def test_one_without_a_claim_counts_all_of_others() -> None:
    standing = _standing(_target(), GROWING, {"f1": {"claim": 3}, "f2": {"claim": 0}})
    assert {claim.factory for claim in ahead("t", standing, "me", NO_CLAIM)} == {"f1", "f2"}
    assert {claim.factory for claim in ahead("t", standing, "me", 2)} == {"f2"}


@pytest.mark.parametrize(
    ("caps", "machines", "processors"),
    [
        ({}, NO_CAP, NO_CAP),
        ({"max_machines_running": 5}, 2, NO_CAP),
        ({"max_processors_running": 12}, 2, 4),
        ({"max_processors_running": 12, "max_processors": 4}, 1, 4),
        ({"max_processors_running": 12, "min_processors": 5, "max_processors": 5}, 0, 4),
        ({"max_processors_running": 10, "max_machines_running": 9, "max_processors": 4}, 1, 2),
        ({"max_processors_running": 6}, 0, -2),
    ],
)
def test_what_is_left_beside_machines_and_claims(
    caps: dict[str, int], machines: int, processors: int
) -> None:
    rows = {
        "f1": {
            "machines_running": 1,
            "processors_running": 3,
            "machines_starting": 1,
            "processors_starting": 3,
        },
        "f2": {"claim": 0, "processors_claimed": 2},
    }
    target = _target(**{"max_processors": 2, **caps})
    standing = _standing(target, GROWING, rows)
    assert machines_left(target, standing) == machines
    assert processors_left(target, standing, standing.claims) == processors


def test_a_claim_that_stands_behind_takes_no_processors() -> None:
    target = _target(max_processors_running=4)
    standing = _standing(target, GROWING, {"f1": {"claim": 5, "processors_claimed": 4}})
    assert processors_left(target, standing, standing.claims) == 0
    assert processors_left(target, standing, ahead("t", standing, "me", 0)) == 4


def test_every_start_of_a_target_with_a_limit_in_the_space_is_claimed() -> None:
    assert is_capped(_target(max_machines_running=3))
    assert is_capped(_target(max_processors_running=3))
    assert not is_capped(_target(max_machines_per_factory=3))
