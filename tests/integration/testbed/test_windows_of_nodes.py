"""The space as one: shares, one probe a window, and an outcome on one node that holds for all."""

from __future__ import annotations

import time

import pytest

from tests.integration.testbed.stage import (
    EMPTY,
    PATIENCE_SECONDS,
    WAITS,
    Stage,
    doubled,
    machines,
    works,
)

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]

WINDOWS = 4
HEARD_SECONDS = 1.0
"""Promised: an outcome on one node stops starts on all within a second."""
BACKOFF = 30
ENOUGH = 60


@pytest.mark.slow  # it takes sixty containers to tell 3:1 from chance, and some time to have none free
def test_shares_are_met_over_all_nodes(stage: Stage) -> None:
    stage.target("large", works(20), share=3)
    stage.target("small", works(20), share=1)
    full = 4 * len(stage.nodes)
    busy = lambda: stage.running("large") + stage.running("small") == full  # noqa: E731
    stage.until(busy, 5 * PATIENCE_SECONDS, "all are busy: what is free anybody may have")
    since = time.time()
    stage.until(lambda: sum(_made(stage, since)) >= ENOUGH, 5 * PATIENCE_SECONDS, "many were made")
    large, small = _made(stage, since)
    assert large / (large + small) == pytest.approx(0.75, abs=0.12), (large, small)


def test_a_target_without_work_is_probed_once_a_window_by_all_nodes_together(stage: Stage) -> None:
    stage.target("empty", EMPTY)
    stage.until(lambda: stage.ended("empty", 300) >= WINDOWS, PATIENCE_SECONDS, "windows have passed")
    stage.quiet()
    rows = stage.rows("empty")
    assert not doubled(rows)
    assert len({(row.window, row.opener) for row in rows}) == len(rows) >= WINDOWS


def test_an_outcome_on_one_node_stops_starts_on_all_within_a_second(stage: Stage) -> None:
    stage.target("t", WAITS, backoff=BACKOFF)
    full = 4 * len(stage.nodes)
    stage.until(lambda: stage.running("t") == full, PATIENCE_SECONDS, "all are busy")
    stage.payload("t", EMPTY)
    stage.go(stage.nodes[:1])
    stage.until(lambda: stage.all_see("t", "back-off"), PATIENCE_SECONDS, "all back off")
    stage.go()
    stage.until(lambda: not any(map(machines, stage.nodes)), PATIENCE_SECONDS, "all are free")
    stage.until(lambda: _left(stage) < BACKOFF / 3, BACKOFF, "it was time enough for a mistake")
    opened, rows = stage.opened("t"), stage.rows("t")
    assert any(row.code == 300 and row.ended and row.ended <= opened for row in rows)
    late = [(row.node, row.created - opened) for row in rows if row.created > opened + HEARD_SECONDS]
    assert not late, "nodes and how many seconds after the outcome"


def _made(stage: Stage, since: float) -> tuple[int, int]:
    """Return how many machines of both targets were made since a time."""
    large, small = (sum(row.created > since for row in stage.rows(name)) for name in ("large", "small"))
    return large, small


def _left(stage: Stage) -> float:
    seen = stage.seen(stage.nodes[0], "t")
    return seen.back_off_left_seconds if seen else BACKOFF
