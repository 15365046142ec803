"""The whole screen as text, in the states of the commands' goldens and wherever keys lead."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.unit.console import goldens, past, scenes
from tests.unit.console.dashboard.screens import LARGE, SMALL, opened
from tests.unit.console.dashboard.sources import ALBUM, GONE, HERE, Canned
from vacnet.factory.client import SpaceState

SIZES = {"80": SMALL, "160": LARGE}
STATES = [name for name in scenes.SPACES if name != "demo"]
WHERE: Mapping[str, tuple[str, ...]] = {
    "machines": ("3",),
    "machines-ended": ("3", "e"),
    "machines-afar": ("2", "down", "enter"),
    "events": ("4",),
    "filter": ("2", "slash", *"vac03", "enter"),
    "nothing-matches": ("slash", *"xyz", "enter"),
    "frozen": ("z",),
    "past": ("t", "left_square_bracket"),
    "help": ("question_mark",),
    "help-past": ("t", "3", "question_mark"),
    "why": ("w",),
    "raw": ("2", "y"),
    "log": ("3", "l"),
    "refused": ("2", "down", "d"),
    "go-to": ("t", "g"),
}


def of(scene: str) -> Canned:
    """Return a source for a state."""
    machines = {HERE: scenes.MACHINES["ended"]} if scene == "machines-ended" else None
    source = Canned(
        state=scenes.SPACES.get(scene, scenes.HEALTHY),
        happened=past.HAPPENED.get(scene, past.HAPPENED["healthy"]),
        album=ALBUM,
    )
    if machines:
        source.machines = machines
    if scene in {"empty", "back-off", "black-hole"}:
        source.machines = {HERE: scenes.MACHINES["empty"]}
    return source


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", STATES)
async def test_the_screen_looks_as_it_did(scene: str, size: str) -> None:
    async with opened(of(scene), SIZES[size]) as shown:
        goldens.check(f"dashboard-{scene}-{size}", shown.text)


@pytest.mark.parametrize("where", WHERE)
async def test_where_keys_lead_it_looks_as_it_did(where: str) -> None:
    async with opened(of(where)) as shown:
        goldens.check(f"dashboard-{where}-80", await shown.press(*WHERE[where]))


@pytest.mark.parametrize("size", SIZES)
async def test_a_factory_that_goes_leaves_its_last_picture_and_says_so(size: str) -> None:
    now = [scenes.NOW]
    async with opened(of("healthy"), SIZES[size], clock=lambda: now[0]) as shown:
        now[0] += 42
        shown.source.failing = dict.fromkeys(("space", "events", "machines", "decision"), GONE)
        for ask in (shown.app._ask_space, shown.app.ask_machines):
            ask()
            await shown.settled()
        goldens.check(f"dashboard-no-daemon-{size}", shown.text)
        goldens.check(f"dashboard-no-daemon-machines-{size}", await shown.press("3"))


async def test_a_reason_is_asked_for() -> None:
    async with opened(of("healthy"), write=True) as shown:
        goldens.check("dashboard-reason-80", await shown.press("h", *"new"))


async def test_the_answer_to_an_order_is_told() -> None:
    async with opened(of("healthy"), write=True) as shown:
        goldens.check("dashboard-ordered-80", await shown.press("2", "d", *"new", "enter"))


@pytest.mark.parametrize("scene", ["one-silent", "black-hole"])
async def test_in_ascii_it_looks_as_it_did(scene: str) -> None:
    async with opened(of(scene), ascii_signs=True) as shown:
        assert shown.text.isascii()
        goldens.check(f"dashboard-{scene}-80-ascii", shown.text)


async def test_of_very_many_what_is_special_stands_first() -> None:
    async with opened(Canned(state=many()), SMALL) as shown:
        goldens.check("dashboard-many-80", shown.text)


def many() -> SpaceState:
    """Return a space of 200 factories, of which one is silent and one drains."""
    live = tuple(scenes.factory(f"node{number:03d}.example.org") for number in range(2, 200))
    return scenes.space((scenes.VAC01, *live, scenes.SILENT_04, scenes.DRAINING_02))
