"""One testbed for all tests of this folder; a test that fails costs it, and its logs are kept."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.integration.testbed.stage import Stage
from tools.testbed import Testbed, down, up
from tools.testbed.ways import WAYS

NODES = 4 if os.environ.get("CI") else 5
"""Continuous integration has two cores for everything; three would leave one alone in a partition of two
sides, and one alone starts nothing for ten minutes."""
FAILED = pytest.StashKey[bool]()
LOGS = pytest.StashKey[Path]()


class Holder:
    """The testbed that there is."""

    def __init__(self) -> None:
        self.name = f"tests-{secrets.token_hex(3)}"
        self._bed: Testbed | None = None
        self._tests = 0

    def have(self) -> Stage:
        self._tests += 1
        if self._bed is None:
            # TESTBED_WAY=spaces has the same tests on nodes that are no containers.
            way = os.environ.get("TESTBED_WAY")
            self._bed = up(self.name, NODES, files={}, ways=(way,) if way else tuple(WAYS))
        return Stage(self._bed, self._tests)

    def drop(self) -> None:
        self._bed = None
        down(self.name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        report.sections.append(("testbed", f"the logs of all nodes are kept in {item.stash.get(LOGS, '?')}"))
    return report


@pytest.fixture(scope="session")
def holder() -> Iterator[Holder]:
    made = Holder()
    yield made
    made.drop()


@pytest.fixture
def stage(holder: Holder, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    item = request.node
    item.stash[LOGS] = tmp_path / "nodes"
    stage = holder.have()
    for log in stage.bed.directory.glob("node*/log/*"):
        os.truncate(log, 0)
    yield stage
    whole = False
    try:
        if not item.stash.get(FAILED, False):
            stage.reset()
            whole = True
    finally:
        if not whole:
            _keep_logs(stage, item.stash[LOGS])
            holder.drop()


def _keep_logs(stage: Stage, place: Path) -> None:
    for node in stage.bed.nodes:
        shutil.copytree(node.logs, place / node.name)
        for record in node.state.glob("vacnet.db*"):
            shutil.copy(record, place / node.name)
