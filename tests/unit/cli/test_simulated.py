"""A simulated space as the dashboard asks it: it answers at once, keeps its past, and takes no orders."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vacnet.cli.exits import CommandError
from vacnet.cli.simulated import PICTURE_SECONDS, Simulated, site_of, watched
from vacnet.factory.client import ClientError, HoldOrder, StopOrder

SCENARIO = Path(__file__).parents[3] / "conf/scenarios/queue-empties.toml"
PATIENCE_SECONDS = 20.0


@pytest.fixture
def source() -> Iterator[Simulated]:
    site = site_of(SCENARIO)
    with Simulated(site, watched(site, 0), 600.0) as made:
        yield made


def reached(source: Simulated, virtual_seconds: float) -> None:
    """Wait until the simulation is so far."""
    began, ticking = source.space().time, threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.02)):
        if source.space().time - began >= virtual_seconds:
            return
        ticking.wait(0.02)  # time is what is waited for
    raise AssertionError("the simulation does not go on")


def test_it_goes_on_and_its_targets_are_the_scenarios(source: Simulated) -> None:
    reached(source, 600.0)
    state = source.space()
    assert {target.name for target in state.targets} == {"grid", "local"}
    assert sum(target.machines_running for target in state.targets) > 0
    assert len(state.factories) == 5


def test_machines_events_reasons_and_the_past_are_answered(source: Simulated) -> None:
    reached(source, 20 * PICTURE_SECONDS)
    here = source.space().factory
    assert source.machines_of(here).machines
    events = source.events(0, 50).events
    assert events
    assert source.events(events[-1].serial, 50).events[:1] != events[-1:]
    assert source.why("grid").why.target == "grid"
    now = source.space().time
    past = source.past(now - 5 * PICTURE_SECONDS)
    assert past.space is not None
    assert past.made is not None
    assert past.made <= now - 5 * PICTURE_SECONDS
    before = source.past(past.made, -1)
    after = source.past(past.made, 1)
    assert before.made is not None
    assert after.made is not None
    assert before.made < past.made < after.made


def test_before_the_first_picture_there_is_none(source: Simulated) -> None:
    reached(source, 2 * PICTURE_SECONDS)
    found = source.past(1.0)
    assert found.space is None
    assert found.first is not None


def test_there_is_nobody_to_order_about(source: Simulated) -> None:
    with pytest.raises(ClientError, match="takes no orders"):
        source.hold("grid", HoldOrder(held=True, reason="why not"))
    with pytest.raises(ClientError, match="takes no orders"):
        source.stop("1", StopOrder(reason="why not"))


def test_a_scenario_that_is_wrong_is_told_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("hours = 6\n[factories.node]\ncount = 0\nprocessors = 4\n")
    with pytest.raises(CommandError, match=r"bad\.toml"):
        site_of(file)
