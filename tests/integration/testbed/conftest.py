"""One testbed for all tests of this folder; a test that fails costs it, and its logs are kept."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.integration.testbed.failure import told
from tests.integration.testbed.stage import Stage
from tools.testbed import Testbed, down, up
from tools.testbed.ways import WAYS

NODES = 5
"""As promised: a partition of two sides leaves nobody alone, and who has three of them is the larger one."""
LOGS = pytest.StashKey[Path]()
STAGE = pytest.StashKey[Stage]()
FAILURE = pytest.StashKey[str]()
"""What is told of a failure, from the moment when it happened."""


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
    if report.failed and LOGS in item.stash:
        report.sections.append(("testbed", _failure(item)))
    return report


def _failure(item: pytest.Item) -> str:
    """Return what is told of a failure; the nodes are asked once, for they are not kept for long."""
    if FAILURE not in item.stash:
        item.stash[FAILURE] = told(item.name, item.stash.get(STAGE, None), item.stash[LOGS])
    return item.stash[FAILURE]


@pytest.fixture(scope="session")
def holder() -> Iterator[Holder]:
    made = Holder()
    yield made
    made.drop()


@pytest.fixture
def stage(holder: Holder, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    item = request.node
    item.stash[LOGS] = tmp_path / "nodes"
    stage = item.stash[STAGE] = holder.have()
    for log in stage.bed.directory.glob("node*/log/*"):
        os.truncate(log, 0)
    yield stage
    whole = False
    try:
        if FAILURE not in item.stash:
            stage.reset()
            whole = True
    finally:
        if not whole:
            _failure(item)
            _keep_logs(stage, item.stash[LOGS])
            holder.drop()


def _keep_logs(stage: Stage, place: Path) -> None:
    for node in stage.bed.nodes:
        shutil.copytree(node.logs, place / node.name)
        for record in node.state.glob("vacnet.db*"):
            shutil.copy(record, place / node.name)
