"""A network that is cut, deaf on one side, lossy and slow: work goes on, and all agree again soon."""

from __future__ import annotations

import pytest

from tests.integration.testbed.stage import (
    EMPTY,
    PATIENCE_SECONDS,
    WAITS,
    Stage,
    doubled,
    state_at,
    works,
)

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]

HEAL_SECONDS = 15.0
"""Promised: tables are equal within 15 s of healing."""
WINDOWS = 3
BACKOFF = 8
CUT_SECONDS = 6
"""That five nodes are cut in, on a busy host."""


def test_both_sides_of_a_partition_go_on_probe_once_each_and_agree_after_it(stage: Stage) -> None:
    stage.target("work", works(2))
    stage.target("empty", EMPTY, backoff=BACKOFF)
    sides = stage.nodes[:2], stage.nodes[2:]
    stage.until(lambda: stage.all_see("work", "open"), PATIENCE_SECONDS, "work has been found")
    stage.until(lambda: _no_ticket_is_out(stage), PATIENCE_SECONDS, "the network can be cut")
    stage.bed.partition(sides)
    stage.until(lambda: all(_alone(stage, side) for side in sides), PATIENCE_SECONDS, "the sides are apart")
    before = [(len(stage.rows("work", side)), len(stage.rows("empty", side))) for side in sides]
    for side, (worked, probed) in zip(sides, before, strict=True):
        stage.until(
            lambda side=side, n=worked: len(stage.rows("work", side)) >= n + 4,  # type: ignore[misc]
            PATIENCE_SECONDS,
            "a side works on",
        )
        stage.until(
            lambda side=side, n=probed: len(stage.rows("empty", side)) >= n + 2,  # type: ignore[misc]
            PATIENCE_SECONDS,
            "a side probes on",
        )
    stage.quiet()
    stage.bed.heal()
    assert stage.until_agreed(PATIENCE_SECONDS) < HEAL_SECONDS
    for side in sides:
        assert not doubled(stage.rows("empty", side))
    assert not doubled(stage.rows("empty"), times=2)


@pytest.mark.slow  # both ways are cut in the partition that is always tested
def test_a_node_that_is_not_heard_by_one_other_is_live_for_it_all_the_same(stage: Stage) -> None:
    stage.target("t", WAITS)
    speaker, deaf = stage.nodes[0], stage.nodes[1]
    stage.until(lambda: stage.running("t") == 4 * len(stage.nodes), PATIENCE_SECONDS, "all are busy")
    stage.bed.one_way(speaker, deaf)
    stage.payload("t", EMPTY)
    before = stage.seen(deaf, "t")
    assert before is not None
    stage.go([speaker])
    stage.until(
        lambda: (seen := stage.seen(deaf, "t")) is not None and seen.window_number > before.window_number,
        HEAL_SECONDS,
        "its outcomes arrive by others",
    )
    assert state_at(deaf, speaker.factory) == "live"
    stage.quiet()
    assert not doubled(stage.rows("t"))
    assert stage.until_agreed(PATIENCE_SECONDS) < HEAL_SECONDS


def test_loss_of_ten_percent_and_fifty_milliseconds_cost_no_count(stage: Stage) -> None:
    stage.bed.fault(loss_percent=10.0, delay_ms=50.0)
    stage.target("work", works(1))
    stage.target("empty", EMPTY, backoff=3)
    enough = 8 * len(stage.nodes)
    stage.until(
        lambda: stage.ended("work") >= enough and stage.ended("empty", 300) >= WINDOWS,
        PATIENCE_SECONDS,
        "much has ended",
    )
    stage.quiet()
    assert stage.until_agreed(PATIENCE_SECONDS) < HEAL_SECONDS
    rows = stage.rows()
    assert not doubled(rows)
    assert all(row.state == "ended" for row in rows)


def _no_ticket_is_out(stage: Stage) -> bool:
    """Tell whether none will be for a while: who is cut off from its holder waits for ten minutes."""
    seen = [(stage.seen(node, "work"), stage.seen(node, "empty")) for node in stage.nodes]
    return all(
        work and work.state == "open" and empty and empty.back_off_left_seconds > CUT_SECONDS
        for work, empty in seen
    )


def _alone(stage: Stage, side: tuple[object, ...]) -> bool:
    others = [node for node in stage.nodes if node not in side]
    return all(
        state_at(node, other.factory) == "silent" for node in stage.nodes if node in side for other in others
    )
