"""Who comes, goes, or comes back with nothing: hypervisors are met by one edit and known by their name."""

from __future__ import annotations

import pytest

from tests.integration.testbed.stage import PATIENCE_SECONDS, Stage, state_at, works
from tools.testbed.settings import write_peers
from tools.testbed.testbed import sees

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]

JOIN_SECONDS = 5.0
"""Promised: a hypervisor new in one peers file is in the space within 5 s."""


def test_a_hypervisor_joins_by_one_edit_of_one_peer_list_and_works_and_leaves(stage: Stage) -> None:
    first, second, *_ = old = stage.nodes
    (new,) = stage.bed.add(greeting=False)
    stage.target("t", works(1))
    assert sees(new) == 1
    write_peers(second, [first, new])
    all_seen = lambda: all(sees(node) == len(old) + 1 for node in stage.nodes)  # noqa: E731
    assert stage.until(all_seen, PATIENCE_SECONDS, "all see the new one") < JOIN_SECONDS
    stage.until(lambda: len(stage.rows("t", [new])) > 0, PATIENCE_SECONDS, "it has work")
    stage.quiet()  # what one leaves behind that goes amid its work counts for ten minutes
    stage.bed.remove(new)
    write_peers(second, [first])
    gone = lambda: {state_at(node, new.factory) for node in stage.nodes} <= {"departed", ""}  # noqa: E731
    stage.until(gone, PATIENCE_SECONDS, "all know that it left")


@pytest.mark.slow  # a node is killed and restarted
def test_a_node_rebuilt_with_an_empty_disk_is_itself_again_and_counted_once(stage: Stage) -> None:
    stage.target("t", works(3))
    node = stage.nodes[-1]
    stage.until(lambda: len(stage.rows("t", [node])) > 0, PATIENCE_SECONDS, "it has work")
    stage.bed.kill(node)
    stage.bed.restart(node, empty=True)
    stage.bed.wait_whole()
    stage.until(lambda: stage.rows("t", [node]) != [], PATIENCE_SECONDS, "it has work again")
    stage.quiet()
    stage.until_agreed(PATIENCE_SECONDS)
    space = stage.nodes[0].space()
    assert space is not None
    assert [one.name for one in space.factories].count(node.factory) == 1
    assert sum(one.machines_running for one in space.factories if one.state == "live") == 0
