"""A factory killed around every durable write and engine call of the table loses nothing and doubles nothing.

Each point has a scene of its own: a real factory with real processes is killed there, a plain one is started
after it, and when that has come to rest the payloads' book is held against the record.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.faults.scene import play
from tests.integration.faults.stories import STORIES
from vacnet.machines.lifecycle import fault_points

AT_ONCE = 4
"""Scenes that are played side by side: most of their time they wait."""

ROWS = tuple(dict.fromkeys(point.split(".", maxsplit=1)[0] for point in fault_points()))

Tell = Callable[[str, object], None]


def _costs(row: str, passing: int, tell: Tell) -> str:
    """Play every point of a row and return what was wrong, point by point."""
    points = [point for point in fault_points() if point.startswith(f"{row}.")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(pool.map(lambda point: play(STORIES[row], point, passing), points))
    bad = [(point, lines) for point, lines in zip(points, wrong, strict=True) if lines]
    tell("told", f"{row:<18}passing {passing}{len(points):>4} kills{len(bad):>4} of them cost something")
    return "\n".join(f"{point}: {line}" for point, lines in bad for line in lines)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("row", ROWS)
def test_a_kill_at_any_fault_point_of_a_row_costs_nothing(row: str, record_property: Tell) -> None:
    costs = _costs(row, 1, record_property)
    assert not costs, costs


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("passing", [2, 3])
@pytest.mark.parametrize("row", [row for row in ROWS if STORIES[row].again])
def test_a_kill_at_a_later_passing_costs_nothing(row: str, passing: int, record_property: Tell) -> None:
    costs = _costs(row, passing, record_property)
    assert not costs, costs


def test_every_row_with_fault_points_has_a_story() -> None:
    assert set(STORIES) == set(ROWS)
