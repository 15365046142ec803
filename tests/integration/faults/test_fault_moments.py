"""Three factories under load, killed fifty times at random moments, lose nothing and double nothing.

A moment is drawn by the seed: so many steps of any machine after its start a factory dies, at once or up to a
twentieth of a second later, in the midst of the write or engine call of a transition that is then open. All
factories die and come back side by side, each as often as the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.integration.faults.fate import Fate
from tests.integration.faults.payloads import lines_of
from tests.integration.faults.scene import Scene, scene
from tests.integration.faults.truth import record_of
from tools.space import Member
from tools.space.waiting import until

KILLS = 50
FACTORIES = 3
STEPS_MAX = 24
DELAY_SECONDS_MAX = 0.05
AGREE_SECONDS = 30.0
MACHINES_MIN = 20
"""Fewer are no load."""

LOAD = {
    "short": "short",
    "other": "short",
    "empty": "empty",
    "broken": "broken",
    "wordless": "wordless",
    "mute": "mute",
    "away": "missing",
    "refused": "no-program",
}


def _kill_again_and_again(stage: Scene, member: Member, lots: Random, times: int) -> None:
    for _ in range(times):
        delay = lots.choice([0.0, lots.uniform(0, DELAY_SECONDS_MAX)])
        stage.kill(member, Fate(passing=lots.randint(1, STEPS_MAX), delay_seconds=delay))
    member.start()  # a space of the dead is none: the others need somebody to meet


def _shares(count: int, among: int) -> list[int]:
    return [count // among + (number < count % among) for number in range(among)]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_fifty_kills_at_random_moments_of_a_space_under_load_cost_nothing(
    seed: int, record_property: Callable[[str, object], None]
) -> None:
    with scene(LOAD, factories=FACTORIES, most=2) as stage:
        with ThreadPoolExecutor(FACTORIES) as pool:
            each = [
                pool.submit(_kill_again_and_again, stage, member, Random(seed * 100 + member.number), times)
                for member, times in zip(stage.members, _shares(KILLS, FACTORIES), strict=True)
            ]
            for one in each:
                one.result()
        stage.rest(then=lambda: _all_agree(stage))
        wrong = stage.judge()
        rows = [row for member in stage.members for row in record_of(member).rows.values()]
        begun = set(lines_of(stage.book, "begun"))
    outcomes = Counter(row.outcome for row in rows if row.uuid in begun)
    record_property(
        "told",
        f"random moments{KILLS:>8} kills of {FACTORIES} factories: {len(begun)} machines, "
        f"{outcomes.total()} outcomes ({_words(outcomes)}), {len(wrong)} wrong",
    )
    assert not wrong, "\n".join(wrong)
    assert outcomes.total() == len(begun) >= MACHINES_MIN
    assert {"ok", "nowork", "error"} <= set(outcomes)


def _words(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))


def _all_agree(stage: Scene) -> None:
    """Wait until all factories hold the same of every target: each outcome counts everywhere, and once."""
    until(lambda: len(set(map(_view, stage.members))) == 1, AGREE_SECONDS, "all factories see the same")


def _view(member: Member) -> tuple[tuple[object, ...], ...]:
    targets = member.client().space().targets
    return tuple((one.name, one.window_number, one.window_opener, one.proofs, one.noworks) for one in targets)
