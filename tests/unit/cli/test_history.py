"""`vacnet history`: which targets and which time are counted, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command
from vacnet.cli.exits import Exit


def test_targets_can_be_named_and_all_others_are_left_out(vacnet: Command, daemon: Path) -> None:
    done = vacnet("history", "ska-sim", "--json", socket=daemon)
    assert {tally["target"] for tally in json.loads(done.stdout)["tallies"]} == {"ska-sim"}


def test_a_target_of_which_nothing_ended_is_no_slip_of_the_pen(vacnet: Command, daemon: Path) -> None:
    done = vacnet("history", "--by", "factory", "lhcb-prod", socket=daemon)
    assert done.returncode == 0
    wrong = vacnet("history", "lhcb-prd", socket=daemon)
    assert (wrong.returncode, wrong.stdout) == (Exit.NO_INPUT, "")
    assert wrong.stderr == "vacnet: this factory has no target 'lhcb-prd'; did you mean lhcb-prod?\n"


@pytest.mark.parametrize(
    ("since", "told"),
    [("yesterday", "is no time"), ("93d", "at most 92 days"), ("2999-01-01", "still to come")],
)
def test_a_time_that_cannot_be_counted_from_is_refused(
    vacnet: Command, daemon: Path, since: str, told: str
) -> None:
    done = vacnet("history", "--since", since, socket=daemon)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (Exit.WRONG_USE, "", 1)
    assert told in done.stderr


def test_by_factory_says_on_stderr_how_little_that_is(vacnet: Command, daemon: Path) -> None:
    done = vacnet("history", "--by", "factory", "--json", socket=daemon)
    assert "only the last 24 ends" in done.stderr
    assert {tally["factory"] for tally in json.loads(done.stdout)["tallies"]} == {"vac01", "vac02", "vac03"}
