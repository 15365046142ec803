"""A factory with containers, killed around every durable write and engine call, and at random, costs nothing.

The stories are those of the process runtime (tests/integration/faults), each with a factory and containers of
its own; after the kill a plain factory comes to rest, and what the payloads wrote is held against its record.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.integration.docker.docker_site import socket_of_engine
from tests.integration.docker.docker_space import GO, MACHINEFEATURES, DockerSpace, docker_space
from tests.integration.faults.dying import lose_record
from tests.integration.faults.engine_space import PATIENCE_SECONDS
from tests.integration.faults.fate import STAR, Fate
from tests.integration.faults.scene import directory
from tests.integration.faults.stories import CROWD, STORIES, Story
from tools.space import Member
from tools.space.waiting import until
from vacnet.machines.lifecycle import fault_points

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(1200)]

AT_ONCE = 3
"""Scenes that are played side by side: most of their time they wait."""
STEPS_MAX = 24
DELAY_SECONDS_MAX = 0.5
"""A create or a start takes about so long, so some kills are amid one."""
LOAD = {
    "short": "short",
    "other": "seconds",
    "empty": "empty",
    "broken": "broken",
    "wordless": "wordless",
    "away": "missing",
    "refused": "no-program",
}
STOPPED, FIZZLED, REFUSED = "100 ", "700 fizzled", ("500 ", "600 ")
ROWS = tuple(dict.fromkeys(point.split(".", maxsplit=1)[0] for point in fault_points()))
FEW = ("starting-next", "running-over")
"""Where engine and record can come apart most; the others are slow together, not each."""

Tell = Callable[[str, object], None]


@contextmanager
def _scene(image: str, targets: dict[str, str], **more: object) -> Iterator[DockerSpace]:
    with directory() as home, docker_space(home, socket_of_engine(), image, targets, **more) as stage:
        yield stage


def _play(image: str, story: Story, point: str) -> list[str]:
    """Play a story with a kill at a point; return what is wrong in the end."""
    targets = {STAR: story.payload, **(CROWD if story.crowd else {})}
    go = MACHINEFEATURES if story.ends else GO
    with _scene(image, targets, factories=1, go=go) as stage:
        (member,) = stage.members
        wrong = []
        if story.before:
            wrong += stage.kill(member, Fate(point=story.before))
            _between(stage, member, story)
        wrong += stage.kill(member, story.fate(point, 1), record_lost=story.loses_record)
        stage.space.start()
        stage.rest(stage.go)
        return wrong + stage.wrong((STOPPED, FIZZLED, *REFUSED), adopted=story.loses_record)


def _between(stage: DockerSpace, member: Member, story: Story) -> None:
    if story.loses_record:
        lose_record(member)
    if story.ends_between:
        stage.go()
        until(lambda: not stage.containers("running"), PATIENCE_SECONDS, "the machine has ended")


@pytest.mark.parametrize(
    "row", [row if row in FEW else pytest.param(row, marks=pytest.mark.slow) for row in ROWS]
)
def test_a_kill_at_any_fault_point_of_a_row_costs_no_container(
    image: str, row: str, record_property: Tell
) -> None:
    points = [point for point in fault_points() if point.startswith(f"{row}.")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(pool.map(lambda point: _play(image, STORIES[row], point), points))
    bad = [(point, lines) for point, lines in zip(points, wrong, strict=True) if lines]
    record_property("told", f"containers {row:<18}{len(points):>4} kills{len(bad):>4} of them cost something")
    assert not bad, "\n".join(f"{point}: {line}" for point, lines in bad for line in lines)


def _kill_again_and_again(stage: DockerSpace, member: Member, lots: random.Random, times: int) -> list[str]:
    wrong = []
    for _ in range(times):
        fate = Fate(passing=lots.randint(1, STEPS_MAX), delay_seconds=lots.uniform(0, DELAY_SECONDS_MAX))
        wrong += stage.kill(member, fate)
    member.start()  # a space of the dead is none: the others need somebody to meet
    return wrong


@pytest.mark.parametrize("kills", [12, pytest.param(51, marks=pytest.mark.slow)])
def test_kills_at_random_moments_of_three_factories_under_load_cost_no_container(
    image: str, kills: int, record_property: Tell
) -> None:
    seed = random.randrange(1 << 30)
    with _scene(image, LOAD) as stage:
        with ThreadPoolExecutor(len(stage.members)) as pool:
            each = [
                pool.submit(_kill_again_and_again, stage, one, random.Random(seed + one.number), kills // 3)
                for one in stage.members
            ]
            wrong = [line for one in each for line in one.result()]
        stage.rest()
        wrong += stage.wrong((STOPPED, FIZZLED, *REFUSED))
        rows = [row for record in stage.records().values() for row in record.rows.values()]
    outcomes = Counter(row.outcome for row in rows)
    words = f"{kills} kills of 3 factories, seed {seed}: {dict(outcomes)}, {len(wrong)} wrong"
    record_property("told", f"containers random moments {words}")
    assert not wrong, "\n".join([f"seed {seed}", *wrong])
    assert {"ok", "nowork", "error"} <= outcomes.keys()
