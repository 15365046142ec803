"""Large targets among small ones: full hosts have to come free together for one, which chance never does.

Room is kept for it: by no more factories than it lacks machines, for a bounded time, with little left idle.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.simulation.decide_space import HOUR, LOSSY, board, play, target
from tests.simulation.pencil import wrong
from tests.simulation.reserved import NoMoreThanLacking
from vacnet.agent import keeping
from vacnet.agent.board import Board
from vacnet.agent.keeping import Call
from vacnet.decide.reservations import Quota
from vacnet.simulate.checkers import BrokenPromiseError
from vacnet.simulate.counts import Counts
from vacnet.simulate.run import World
from vacnet.simulate.toys import Behaviour, Queue

Patch = pytest.MonkeyPatch
LIVES = 1200
"""What machines may live, seconds."""
FROM = 600.0
"""When there is work for the large target."""


def _scenario(
    seed: int = 0,
    *,
    large: float = 1.0,
    small_work: float = 600.0,
    seconds: float = HOUR,
    factories: int = 3,
    **more: Any,
) -> tuple[Counts, World, NoMoreThanLacking]:
    """Run full hosts of single processors beside an 8-processor target that has this share of 100."""
    guard = NoMoreThanLacking("large", LIVES)

    def behaviours() -> dict[str, Behaviour]:
        small = Queue([(0.0, 10**6)], work_seconds=small_work)
        return {"small": small, "large": Queue([(FROM, 10**6)], work_seconds=600)}

    lives = {"max_wallclock_seconds": LIVES, "min_wallclock_seconds": 60}
    targets = (
        target("small", target_share=100 - large, gain=2, **lives),
        target("large", target_share=large, min_processors=8, max_processors=8, **lives),
    )
    faults = ((0.0, guard.watch), *more.pop("faults", ()))
    counts, world = play(
        behaviours, targets, seed, factories=factories, processors=16, seconds=seconds, faults=faults, **more
    )
    guard.finish(world.nodes, seed)
    return counts, world, guard


@pytest.mark.parametrize("seed", range(3))
def test_a_large_target_of_1_percent_share_gets_a_place_on_hosts_full_of_single_processors(seed: int) -> None:
    counts, _, guard = _scenario(seed, weather=LOSSY)
    starts = [start.at for start in counts.of("large") if start.at > FROM]
    assert starts[0] < FROM + 1200
    assert max(later - sooner for sooner, later in itertools.pairwise(starts)) < 1800
    assert guard.most == 1
    small = [start for start in counts.starts if start.target == "small"]
    assert len(small) > 3 * HOUR / 600 * 16 * 0.7


def test_one_of_half_the_share_gets_half_of_a_full_space() -> None:
    counts, world, guard = _scenario(large=50.0, factories=4, seconds=2 * HOUR)
    running = [
        sum(board(world, n).standings["large"].machines_running for n in range(4)) / 4,
        len([end for end in counts.ends if end.target == "large"]),
    ]
    assert 3 <= running[0] <= 5
    assert guard.most > 1


def test_room_that_is_kept_in_vain_is_given_up_and_others_have_their_turn() -> None:
    _, _, guard = _scenario(small_work=10**6, seconds=2 * HOUR)
    assert len({factory for factory, _ in guard.spans}) > 1
    assert max(seconds for _, seconds in guard.spans) <= LIVES + 60 + 2


def test_a_pencil_finds_the_same_quota() -> None:
    wrongs: list[list[str]] = []
    kept: list[int] = []

    def look(world: World) -> None:
        for node in world.nodes:
            why = node.agent.why("large", node.now)  # type: ignore[union-attr]
            facts = _plain(why)
            wrongs.append(wrong(facts))
            kept.append(facts["kept"]["processors"])

    _scenario(seconds=1500, faults=tuple((30.0 + 7 * n, look) for n in range(200)))
    assert [one for one in wrongs if one] == []
    assert {*kept} == {0, 8}


def _plain(why: object) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(why))
    return plain


# --- mutants ----------------------------------------------------------------------------------------------


def test_factories_that_do_not_hear_of_others_reservations_are_caught(monkeypatch: Patch) -> None:
    call: Callable[..., Call] = Board._call

    def deaf(self: Board, *args: Any, **more: Any) -> Call:
        return replace(call(self, *args, **more), holders=())

    monkeypatch.setattr(Board, "_call", deaf)
    with pytest.raises(BrokenPromiseError, match="keep room and 1 may"):
        _scenario(factories=6, seconds=1500)


def test_a_quota_that_knows_no_share_is_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Quota, "allowed", property(lambda quota: min(3, quota.startable + 2)))
    with pytest.raises(BrokenPromiseError, match="keep room and"):
        _scenario(factories=6, seconds=1500)


def test_room_that_is_kept_for_ever_is_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr(keeping, "keep_seconds", lambda _seconds: 1e9)
    with pytest.raises(BrokenPromiseError, match="has kept room since"):
        _scenario(small_work=10**6, seconds=2 * HOUR)


def test_without_reservations_none_is_started(monkeypatch: Patch) -> None:
    monkeypatch.setattr(keeping, "PATIENCE_SECONDS", math.inf)
    counts, _, guard = _scenario()
    assert guard.most == 0
    assert [start for start in counts.of("large") if start.at > FROM] == []
