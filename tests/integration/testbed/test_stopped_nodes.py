"""Nodes that stand still or are killed, in part or whole: nothing is lost, left over or double."""

from __future__ import annotations

import time

import pytest

from tests.integration.testbed.stage import (
    EMPTY,
    PATIENCE_SECONDS,
    Stage,
    doubled,
    machines,
    state_at,
    works,
)
from tools.testbed import Node, TestbedError
from tools.testbed.testbed import sees

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(900), pytest.mark.xdist_group("testbed")]

PAUSE_SECONDS = 60.0
BACK_SECONDS = 5.0
"""Promised: a node that stood still is back within 5 s."""
WHAT = ("factory", "engine", "node")
OURS = {"100 engine restarted", "100 factory restarted before it started"}
"""What vacnet writes for a machine that died with its engine, or was written down and never made."""


@pytest.mark.slow  # a minute of it is promised
def test_a_node_that_stands_still_a_minute_is_silent_doubles_no_ticket_and_is_back_at_once(
    stage: Stage,
) -> None:
    stage.target("work", works(1))
    stage.target("empty", EMPTY)
    paused, others = stage.nodes[-1], stage.nodes[:-1]
    # Others wait ten minutes for a probe whose factory is silent: none of the work may be out by then.
    stage.until(lambda: stage.all_see("work", "open"), PATIENCE_SECONDS, "work has been found")
    stage.until(lambda: bool(machines(paused)), PATIENCE_SECONDS, "it has work")
    began = time.monotonic()
    stage.bed.pause(paused)
    seen: set[str] = set()

    def silent() -> bool:
        states = [state_at(node, paused.factory) for node in others]
        seen.update(states)
        return set(states) == {"silent"} and time.monotonic() - began >= PAUSE_SECONDS

    stage.until(silent, PATIENCE_SECONDS + PAUSE_SECONDS, "it is silent")
    done = len(stage.rows("work", others))
    stage.until(lambda: len(stage.rows("work", others)) > done, PATIENCE_SECONDS, "the others go on")
    stage.bed.resume(paused)
    back = stage.until(lambda: _whole(stage), PATIENCE_SECONDS, "it is back")
    stage.quiet()
    stage.until_agreed(PATIENCE_SECONDS)
    assert seen == {"live", "silent"}
    assert back < BACK_SECONDS
    assert not doubled(stage.rows())
    assert {row.state for row in stage.rows()} == {"ended"}


# An engine that was killed takes ten seconds to come back.
@pytest.mark.parametrize("rounds", [1, pytest.param(7, marks=pytest.mark.slow)])
def test_kills_of_factory_engine_and_node_in_a_loop_cost_no_truth(stage: Stage, rounds: int) -> None:
    stage.target("t", works(2))
    for what in WHAT * rounds:
        node = stage.lots.choice(stage.nodes)
        stage.until(lambda node=node: bool(machines(node)), PATIENCE_SECONDS, f"{node.name} has work")  # type: ignore[misc]
        # waits for nothing: a kill at any moment of its work is what is tested; a condition would choose it
        time.sleep(stage.lots.uniform(0, 1))
        _kill(stage, node, what)
    stage.until(lambda: _whole(stage), PATIENCE_SECONDS, "all are back")
    stage.quiet()
    stage.until_agreed(PATIENCE_SECONDS)
    rows = stage.rows("t")
    assert not [row for row in rows if row.state != "ended"]
    assert not [row for row in rows if f"{row.code} {row.text}" not in {"200 done", *OURS}]
    assert len({row.uuid for row in rows}) == len(rows), "a machine is in two records"
    left = {node.name: stage.bed.run(node, ["docker", "ps", "--all", "--quiet"]) for node in stage.nodes}
    assert not any(left.values()), left


def _kill(stage: Stage, node: Node, what: str) -> None:
    """Kill, and wait until what was killed is back: another than before."""
    if what == "node":
        stage.bed.kill(node)
        stage.bed.restart(node)
        return
    mark = node.run / f"{what}.pid"
    before = mark.read_text()
    stage.bed.kill(node, what)
    stage.until(lambda: mark.read_text() != before, PATIENCE_SECONDS, f"{what} is started again")
    stage.until(lambda: _engine_answers(stage, node), PATIENCE_SECONDS, f"{what} works again")
    stage.until(lambda: sees(node) > 0, PATIENCE_SECONDS, "its factory answers")


def _engine_answers(stage: Stage, node: Node) -> bool:
    try:
        return bool(stage.bed.run(node, ["docker", "version"]))
    except TestbedError:
        return False


def _whole(stage: Stage) -> bool:
    return all(sees(node) == len(stage.nodes) for node in stage.nodes)
