"""A tally kept up to date row by row equals one made anew of the same rows, whatever came before."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from msgspec import structs

from vacnet.decide.peers import Peer
from vacnet.decide.standing import standing_by
from vacnet.decide.tally import Tally
from vacnet.space.rows import TargetRow
from vacnet.space.window import Window
from vacnet.targets.model import Target

TARGET = Target(name="t", target_share=1.0)
NAMES = [f"f{number}" for number in range(8)]


def _window(rng: Random) -> Window:
    return Window(rng.randint(1, 2), rng.choice(NAMES[:2]), 0.0, 10.0, 1)


def _peer(name: str, rng: Random) -> Peer:
    row = TargetRow(
        target="t",
        window=_window(rng),
        gone=rng.random() < 0.1,
        machines_running=rng.randint(0, 3),
        processors_running=rng.randint(0, 3),
        processors_claimed=rng.randint(0, 1),
        can=rng.randint(0, 1),
        unproven=rng.randint(0, 2),
        proven_running=rng.randint(0, 2),
        tickets=rng.choice((0, 1, 6)),
        proofs=rng.randint(0, 2),
        noworks=rng.randint(0, 2),
        claim=rng.choice((-2, -1, 0, 3)),
        claim_at=rng.choice((None, 5.0)),
        proof_at=rng.choice((None, 1.0, 2.0)),
        proof_started_at=rng.choice((None, 0.5, 1.5)),
        uncontradicted=rng.randint(0, 2),
        proof_age_seconds=rng.choice((0.0, 60.0)),
        nowork_life_seconds=rng.choice((0.0, 30.0)),
    )
    live = rng.random() < 0.7
    return Peer(name, live, live or rng.random() < 0.5, row, weight=rng.choice((1.0, 2.5)))


def _copy(peer: Peer, rng: Random) -> Peer:
    """Return the same factory's row with another window, as all rows get it."""
    return structs.replace(peer, row=structs.replace(peer.row, window=_window(rng)))


@pytest.mark.parametrize("seed", range(20))
def test_a_tally_kept_is_a_tally_made(seed: int) -> None:
    rng = Random(seed)
    window, said = _window(rng), dict[str, Peer]()
    kept = Tally(window.identity)
    for _ in range(100):
        name = rng.choice(NAMES)
        if rng.random() < 0.1:
            kept.drop(name)
            said.pop(name, None)
        else:
            copies = name in said and rng.random() < 0.3
            said[name] = _copy(said[name], rng) if copies else _peer(name, rng)
            kept.put(said[name])
        if rng.random() < 0.1:
            window = _window(rng)
            kept.enter(window.identity)
        made = Tally(window.identity, said.values())
        found, due = (standing_by(TARGET, window, tally, 6.0) for tally in (kept, made))
        assert replace(found, candidates=(), claims=()) == replace(due, candidates=(), claims=())
        assert set(found.candidates) == set(due.candidates)
        assert set(found.claims) == set(due.claims)


def test_hosts_that_vanish_while_a_target_grows_open_no_window() -> None:
    """What speaks against it goes with them, as what that is weighed against does."""
    window = Window(1, "f0", 0.0, 10.0, 1, open=True)
    row = TargetRow(target="t", window=window, unproven=8, uncontradicted=1)
    tally = Tally(
        window.identity, [Peer(f"f{number}", live=number < 8, holds=True, row=row) for number in range(16)]
    )
    standing = standing_by(TARGET, window, tally, 6.0)
    assert (standing.unproven, standing.uncontradicted) == (64, 8)


def test_tickets_of_hosts_that_vanish_count_on() -> None:
    window = Window(1, "f0", 0.0, 10.0, 1)
    row = TargetRow(target="t", window=window, tickets=3, proofs=1, noworks=1)
    tally = Tally(window.identity, [Peer("f1", live=False, holds=True, row=row)])
    standing = standing_by(TARGET, window, tally, 6.0)
    assert (standing.taken, standing.proofs, standing.noworks) == (3, 1, 1)
