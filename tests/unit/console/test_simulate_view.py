"""The table and the chart of `vacnet simulate`, at the widths of a terminal and in ASCII."""

from __future__ import annotations

import math

import msgspec
import pytest

from tests.unit.console import goldens
from tests.unit.console.drawn import drawn
from vacnet.console.glyphs import LEVELS, area, ascii_only
from vacnet.console.simulate_view import simulate_view
from vacnet.simulate.whatif.result import STEPS, Result, TargetResult

GRID = TargetResult(
    name="grid-\x1b[2Jprod",
    group="",
    target_share=70.0,
    asked=0.7,
    got=0.655,
    processors=50.2,
    machines_started=1379,
    machines_useless=11,
    machines_failed=2,
    windows=4,
    probes_mean=1.25,
    probes_most=2,
    over_time=tuple(max(0.0, 60.0 * math.sin(step / 9)) for step in range(STEPS)),
)
LOCAL = msgspec.structs.replace(
    GRID,
    name="local",
    target_share=30.0,
    asked=0.3,
    got=0.345,
    machines_useless=0,
    machines_failed=0,
    windows=0,
    probes_mean=None,
    probes_most=0,
    over_time=tuple(min(20.0, step / 2) for step in range(STEPS)),
)
RESULT = Result(
    scenario="queue.toml",
    changes=("targets.grid.target_share=70", "4 more factories"),
    assumed=("grid: machines with work live 1h00m (mean of 12 here), it has work all the time",),
    rule="vacnet",
    seed=3,
    hours=6.0,
    factories=5,
    processors=80,
    processors_idle=3.4,
    machines_started=2758,
    machines_useless=11,
    machines_failed=2,
    step_seconds=360.0,
    idle_over_time=tuple(80.0 - one - two for one, two in zip(GRID.over_time, LOCAL.over_time, strict=True)),
    targets=(GRID, LOCAL),
)


@pytest.mark.parametrize("width", [80, 160])
def test_a_result_looks_as_it_did(width: int) -> None:
    goldens.check(f"simulate-{width}", drawn(simulate_view(RESULT), width))


def test_on_a_narrow_terminal_what_is_asked_and_what_is_got_stay() -> None:
    lines = drawn(simulate_view(RESULT), 60).splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert any("70.0%  65.5%" in line for line in lines)


def test_a_chart_is_exact_to_an_eighth_of_a_line_and_shows_the_least_there_is() -> None:
    lines = area([0.0, 0.01, 4.0, 6.5, 8.0, 9.0], 8.0, 2)
    assert [sum(LEVELS.index(line[at]) for line in lines) for at in range(6)] == [0, 1, 8, 13, 16, 16]
    assert lines == ["   \u2585\u2588\u2588", " \u2581\u2588\u2588\u2588\u2588"]
    assert [ascii_only(line) for line in lines] == ["   =##", " _####"]


def test_a_space_without_processors_has_an_empty_chart() -> None:
    assert area([0.0, 0.0], 0.0, 2) == ["  ", "  "]
