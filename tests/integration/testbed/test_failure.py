"""A failing test of this folder says where to look: its promise, its seed, its nodes, and their logs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.space.member import CHECKOUT

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(300), pytest.mark.xdist_group("testbed")]

BROKEN = """
from tests.integration.testbed import conftest

conftest.NODES = 2


def test_a_node_lives_for_ever(stage):
    stage.target("t", "#!/bin/sh", share=0)
    stage.until(lambda: stage.all_see("t", "no share"), 60, "all have the target")
    stage.bed.kill(stage.nodes[1])
    assert stage.bed.state(stage.nodes[1]) == "running"
"""


@pytest.mark.slow  # a testbed of its own
def test_a_failing_test_names_promise_seed_nodes_and_logs(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text(BROKEN)
    words = ["-c", "pyproject.toml", "-p", "no:cacheprovider", "-p", "tests.integration.testbed.conftest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--basetemp={tmp_path}/base", tmp_path / "test_broken.py"],
        cwd=CHECKOUT,
        env={**os.environ, "TESTBED_SEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "promise: a node lives for ever\nseed: 7" in done.stdout
    assert re.search(r"node1 .* running +sees . of 2 live", done.stdout)
    assert re.search(r"node2 .* ended\n", done.stdout)
    assert "t1: no share, its share is 0: nothing is made of it (by node1)" in done.stdout
    assert "told otherwise than by most: node" in done.stdout
    logs = re.search("logs and records of all nodes: (.*)", done.stdout)
    assert logs is not None
    assert Path(logs[1], "node1", "factory").exists()
    assert Path(logs[1], "node2", "vacnet.db").exists()
