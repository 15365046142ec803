"""A table with another order of steps, on the real daemon, is caught by the checks of the fault points."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from tests.integration.faults.fate import STAR, Fate
from tests.integration.faults.mutants import RECORD_AFTER_START
from tests.integration.faults.scene import scene
from tests.integration.faults.stories import RUNS
from tests.integration.faults.truth import left_over, processes_of
from vacnet.runtimes.process import cgroups

CASES = {
    RECORD_AFTER_START: (
        Fate(point="starting-next.engine.start.after"),
        "runs and is not in the record",
    ),
    "the engine is asked to stop before the reason is written": (
        Fate(point="running-stop.engine.stop.after", acts={RUNS: "stop"}),
        "should have ended with '100 '",
    ),
    "the engine forgets before the outcome is written": (
        Fate(point="running-over.engine.forget.after"),
        "should have ended with '700 fizzled'",
    ),
}
"""Mutant to where it is killed and what that costs."""


@pytest.mark.parametrize("mutant", CASES)
def test_a_table_with_another_order_of_steps_is_caught(mutant: str) -> None:
    fate, cost = CASES[mutant]
    with scene({STAR: "waits", "wordless": "wordless"}) as stage:
        (member,) = stage.members
        stage.kill(member, structs.replace(fate, mutant=mutant))
        stage.rest()
        wrong = stage.judge()
    assert any(cost in line for line in wrong), wrong


@pytest.mark.slow  # a factory under load, killed again and again
def test_the_checks_see_what_a_killed_factory_leaves() -> None:
    with scene({STAR: "waits"}) as stage:
        (member,) = stage.members
        stage.kill(member, Fate(point=RUNS))
        assert stage.wrong == []
        assert len(processes_of(member)) >= 2
        left = left_over(member)
        assert {Path(path).name for path in left} >= {"engine", "scratch", "tmp"}
        assert len([path for path in left if path.startswith("/")]) == len(cgroups.trees())
        stage.rest()
        assert stage.judge() == []
