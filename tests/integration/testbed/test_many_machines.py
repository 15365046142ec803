"""A thousand short machines: every one is in one record and one accounting, and all nodes count alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.integration.testbed.stage import PATIENCE_SECONDS, Stage, works
from tools.testbed import Node

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(2400), pytest.mark.xdist_group("testbed")]

MANY = 1000
MANY_SECONDS = 1800.0


@pytest.mark.slow  # a container takes a processor half a second
def test_a_thousand_short_machines_are_counted_alike_everywhere(stage: Stage) -> None:
    stage.target("t", works(0), more="gain = 4\n")
    stage.until(
        lambda: sum(_accounts(stage, node) for node in stage.nodes) >= MANY, MANY_SECONDS, "many have ended"
    )
    stage.quiet()
    stage.until_agreed(PATIENCE_SECONDS)
    rows = stage.rows("t")
    assert {(row.state, row.code) for row in rows} == {("ended", 200)}
    assert len({row.uuid for row in rows}) == len(rows) >= MANY
    for node in stage.nodes:
        assert _accounts(stage, node) == len(stage.rows("t", [node])), node.name


def _accounts(stage: Stage, node: Node) -> int:
    with closing(sqlite3.connect(node.state / "vacnet.db", timeout=PATIENCE_SECONDS)) as connection:
        asked = "SELECT count(*) FROM accounting WHERE target = ?"
        return int(connection.execute(asked, [stage.named("t")]).fetchone()[0])
