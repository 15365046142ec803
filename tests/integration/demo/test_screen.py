"""The demo's screen: whatever the table has to say, the story below keeps its place."""

from __future__ import annotations

import pytest

from tools.demo.canvas import Canvas
from tools.demo.screen import TerminalScreen
from tools.demo.story import Facts
from tools.demo.work import Progress
from vacnet.factory.client import FactoryState, SpaceState

PROGRESS = Progress(waiting=0, leased=0, done=0, total=4, drained=True, takers=0)


def _factory(number: int) -> FactoryState:
    return FactoryState(
        name=f"factory{number}.demo.example",
        itself=number == 1,
        state="live",
        heard_seconds=None,
        address="",
        flags=("draining",),
        processors_total=4,
        processors_free=4,
        machines_running=0,
        machines_starting=0,
        load=0.0,
        memory_free_bytes=0,
        disk_free_bytes=0,
        deadline_seconds=None,
        version="",
        settings_differ=False,
        note="draining: [factory] draining = true",
    )


def _state(factories: int) -> SpaceState:
    return SpaceState(
        space="demo",
        factory="factory1.demo.example",
        time=0.0,
        version="",
        factories=tuple(map(_factory, range(1, factories + 1))),
        targets=(),
        starts_last_minute=0,
        warnings=("this factory drains",) * factories,
    )


@pytest.mark.parametrize("factories", [1, 3, 9])
def test_the_table_takes_as_many_lines_as_it_is_given(factories: int) -> None:
    screen = TerminalScreen(Canvas())
    facts = Facts(_state(factories), factories, PROGRESS)
    for height in range(8, 40):
        assert len(screen._table(facts, height)) == height


def test_so_does_the_wait_for_the_first_answer() -> None:
    assert len(TerminalScreen(Canvas())._table(Facts(None, 3, PROGRESS), 20)) == 20
