"""Engine markers: a test that needs an engine runs where it answers, and is named where it does not.

`@pytest.mark.engine("docker")` probes once per process. Where `CI` is set or with `ENGINES=install` a
missing engine fails the test; elsewhere the test is left out, and the summary says how many for which
engine and what would bring it.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadGroupScheduling

from tests.left_out import LEFT_OUT, leave_out
from tools.engines.table import ENGINES

# How fast a loaded machine makes examples is no property of what is tested.
settings.register_profile("vacnet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vacnet")

_LONGEST = "tests/simulation/test_storms.py"
_TOGETHER = ("tests/integration/docker/", "tests/integration/libvirt/", "tests/integration/testbed/")


@lru_cache
def _missing(engine: str) -> str:
    return ENGINES[engine].probe()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the test that takes minutes by itself, so that the other worker does the rest meanwhile."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    structlog.reset_defaults()  # what a test before set up for itself would silence the log of this one
    for marker in item.iter_markers("engine"):
        name: str = marker.args[0]
        if problem := _missing(name):
            leave_out(name, problem)


class _Grouped(LoadGroupScheduling):  # type: ignore[misc] # xdist has no types
    """Keeps what shares an engine or a testbed on one worker.

    The marks of groups are not seen here: xdist 3.8 writes them into names that pytest 9 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadGroupScheduling:
    return _Grouped(config, log)


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped, without pytest's own first word."""
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return words.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _show_what_was_told(terminalreporter)
    reasons = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    missing = {reason: n for reason, n in reasons.items() if reason.startswith(LEFT_OUT)}
    if missing:
        terminalreporter.section("left out for want of an engine (make test ENGINES=install brings them)")
        for reason, count in missing.items():
            terminalreporter.line(f"{count} tests: {reason}")


def _show_what_was_told(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the lines that tests recorded as the property `told`: tables of what a run has counted."""
    reports = (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed"))
    lines = [str(line) for report in reports for name, line in report.user_properties if name == "told"]
    if lines:
        terminalreporter.section("told by tests")
        for line in sorted(set(lines)):
            terminalreporter.line(line)
