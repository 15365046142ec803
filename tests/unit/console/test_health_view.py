"""The line of the monitoring plugin: severities, thresholds, and what a monitor can read of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.console import goldens, past
from vacnet.console.health_conditions import TROUBLES, Status
from vacnet.console.health_view import Limits, Thresholds, judge, line, unanswered

PAGE = Path(__file__).parents[3] / "docs/health.md"
DATUM = re.compile(r"(\w+)=(\d+)(B|s|c|%)?(;[\d:]*){0,4}")
PLAIN = Thresholds()
EXPECTED = {
    "healthy": Status.OK,
    "one-silent": Status.WARNING,
    "draining": Status.WARNING,
    "back-off": Status.OK,
    "partitioned": Status.CRITICAL,
    "black-hole": Status.WARNING,
    "empty": Status.OK,
    "in-need": Status.CRITICAL,
}


@pytest.mark.parametrize("scene", past.HEALTHS)
def test_a_state_has_its_status_and_its_line(scene: str) -> None:
    verdict = judge(past.HEALTHS[scene], PLAIN)
    assert verdict.status is EXPECTED[scene]
    goldens.check(f"health-{scene}", line(verdict) + "\n")


@pytest.mark.parametrize("scene", past.HEALTHS)
def test_the_line_is_one_with_one_bar_and_performance_data_that_can_be_read(scene: str) -> None:
    told = line(judge(past.HEALTHS[scene], PLAIN))
    assert len(told.splitlines()) == 1
    words, performance = told.split(" | ")
    assert words.startswith(f"VACNET {EXPECTED[scene].name}: ")
    assert all(DATUM.fullmatch(datum) for datum in performance.split(" "))


def test_the_worst_comes_first() -> None:
    found = [finding.status for finding in judge(past.HEALTHS["in-need"], PLAIN).findings]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) > 1


def test_what_an_admin_thinks_well_is_told_and_wakes_nobody() -> None:
    verdict = judge(past.HEALTHS["draining"], Thresholds(severities={"draining": Status.OK}))
    assert verdict.status is Status.OK
    assert "new DIMMs" in line(verdict)


def test_a_condition_that_is_not_in_the_table_is_a_warning() -> None:
    assert judge(past.health(("novel", "never seen before")), PLAIN).status is Status.WARNING


@pytest.mark.parametrize(
    ("limits", "value", "status", "ranges"),
    [
        (Limits(1, 3), 0, Status.OK, "0;2"),
        (Limits(1, 3), 1, Status.WARNING, "0;2"),
        (Limits(1, 3), 3, Status.CRITICAL, "0;2"),
        (Limits(1, None), 99, Status.WARNING, "0;"),
        (Limits(None, None), 99, Status.OK, ";"),
        (Limits(10, 5, below=True), 10, Status.OK, "10:;5:"),
        (Limits(10, 5, below=True), 9.9, Status.WARNING, "10:;5:"),
        (Limits(10, 5, below=True), 4.9, Status.CRITICAL, "10:;5:"),
    ],
)
def test_a_threshold_and_its_range_say_the_same(
    limits: Limits, value: float, status: Status, ranges: str
) -> None:
    assert (limits.status(value), limits.ranges()) == (status, ranges)


def test_of_many_silent_peers_a_few_are_named_and_all_are_counted() -> None:
    names = tuple(f"vac{n:02}.example.org" for n in range(20))
    told = line(judge(past.health(counted=past.numbers(peers_silent=names)), PLAIN))
    assert "20 peers silent: vac00.example.org, vac01.example.org, vac02.example.org and 17 more" in told


def test_a_factory_of_an_older_version_is_still_told_to_answer() -> None:
    told = line(judge(past.health(numbers=None), PLAIN))
    assert told.startswith("VACNET OK: vac01.example.org answers | up=")


def test_words_from_outside_cannot_end_the_words_or_the_line() -> None:
    told = line(unanswered(Status.CRITICAL, "a | b\nc \x1b[2J"))
    assert told == r"VACNET CRITICAL: a / b\nc \x1b[2J"


def test_the_page_has_every_condition_as_the_table_has_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, trouble in TROUBLES.items():
        assert f"| `{name}` | {trouble.status.name} | {trouble.meaning} |" in page
