"""The dashboard on a real terminal while the network of a real space is cut apart and put together."""

from __future__ import annotations

import pytest

from tests.integration.testbed.stage import PATIENCE_SECONDS, WAITS, Stage
from tests.unit.cli.terminal import terminal

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]


def test_a_cut_and_its_end_are_seen_on_an_open_screen(stage: Stage) -> None:
    stage.target("t", WAITS)
    one, two, *others = stage.nodes
    with terminal(one.socket, patience_seconds=PATIENCE_SECONDS) as shown:
        shown.wait_for("5 live")
        stage.bed.partition([[one, two], others])
        shown.wait_for("3 silent")
        stage.bed.heal()
        shown.wait_for("5 live")
        shown.type("2\r")
        shown.wait_for("3 Machines")
        shown.type("q")
        assert shown.code() == 0
    stage.go()
