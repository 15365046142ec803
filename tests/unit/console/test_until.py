"""When a whole space is idle or drained, and what is said to be left until then."""

from __future__ import annotations

import pytest

from tests.unit.console import scenes
from vacnet.console.until import Goal, progress
from vacnet.factory.client import FactoryState

EMPTY_02 = scenes.factory("vac02.example.org", machines_running=0, flags=("draining",))
STARTING_03 = scenes.factory("vac03.example.org", machines_running=0, machines_starting=1)
IDLE_03 = scenes.factory("vac03.example.org", machines_running=0)
SILENT_EMPTY = scenes.factory(
    "vac04.example.org", state="silent", machines_running=0, heard_seconds=60.0, flags=("draining",)
)
DEPARTED_FULL = scenes.factory("vac05.example.org", state="departed", machines_running=2)
NEVER = scenes.factory("vac06.example.org", state="unknown", machines_running=0)


@pytest.mark.parametrize(
    ("goal", "factories", "done", "words"),
    [
        ("idle", (EMPTY_02, IDLE_03, NEVER), True, "vac.example.org is idle: no machine on 2 factories"),
        ("idle", (EMPTY_02, STARTING_03), False, "1 machine left on vac03.example.org"),
        ("idle", (DEPARTED_FULL,), False, "2 machines left on vac05.example.org"),
        (
            "idle",
            (SILENT_EMPTY, IDLE_03),
            False,
            "0 machines left on vac04.example.org; vac04.example.org is silent: that is the last count",
        ),
        ("drained", (EMPTY_02, scenes.VAC01), True, "no machine is left on vac02.example.org"),
        ("drained", (scenes.DRAINING_02, EMPTY_02), False, "7 machines left on vac02.example.org"),
        (
            "drained",
            (EMPTY_02, SILENT_EMPTY),
            False,
            "0 machines left on vac04.example.org; vac04.example.org is silent: that is the last count",
        ),
    ],
)
def test_how_far_a_space_is(
    goal: Goal, factories: tuple[FactoryState, ...], *, done: bool, words: str
) -> None:
    now = progress(scenes.space(factories), goal)
    assert (now.done, now.words, now.hopeless) == (done, words, "")


def test_where_nobody_drains_waiting_is_in_vain() -> None:
    now = progress(scenes.HEALTHY, "drained")
    assert not now.done
    assert now.hopeless.startswith("no factory of the space drains; `vacnet drain")


def test_of_many_hosts_a_few_are_named() -> None:
    many = tuple(scenes.factory(f"vac{n:02}.example.org", machines_running=1) for n in range(9))
    told = progress(scenes.space(many), "idle").words
    assert told == "9 machines left on vac00.example.org, vac01.example.org, vac02.example.org and 6 more"
