"""Orders: each is shown as a command, given only with `--write` and a reason, and to this factory alone."""

from __future__ import annotations

import shlex

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.console import scenes
from tests.unit.console.dashboard.screens import LARGE, opened
from tests.unit.console.dashboard.sources import HERE, Canned
from vacnet.console.dashboard import orders
from vacnet.console.dashboard.popups import LinePopup, TextPopup
from vacnet.factory.client import DrainOrder, HoldOrder, StopOrder

DRAINING_HERE = scenes.space(
    (msgspec.structs.replace(scenes.VAC01, flags=("draining",)), scenes.VAC02, scenes.VAC03)
)
HELD_IN_SPACE = scenes.space(
    (scenes.VAC01,), (scenes.target("lhcb-prod", "held", "held in the whole space: queue is broken"),)
)
HELD = scenes.space((scenes.VAC01,), (scenes.target("lhcb-prod", "open", "open", held_here=True),))
GIVEN = {
    "hold": (Canned(), ["h"], ("lhcb-prod", HoldOrder(held=True, reason="new DIMMs", who="ada"))),
    "release": (
        Canned(state=HELD),
        ["h"],
        ("lhcb-prod", HoldOrder(held=False, reason="new DIMMs", who="ada")),
    ),
    "release in space": (
        Canned(state=HELD_IN_SPACE),
        ["h"],
        ("lhcb-prod", HoldOrder(held=False, space=True, reason="new DIMMs", who="ada")),
    ),
    "drain": (Canned(), ["2", "d"], DrainOrder(reason="new DIMMs", who="ada")),
    "stop": (
        Canned(),
        ["3", "x"],
        ("1795520000_lhcb-prod_04", StopOrder(reason="new DIMMs", who="ada")),
    ),
}


@pytest.mark.parametrize("order", GIVEN)
async def test_with_write_an_order_asks_for_a_reason_and_is_given(order: str) -> None:
    source, keys, told = GIVEN[order]
    async with opened(source, write=True) as shown:
        assert "orders allowed" in shown.text
        await shown.press(*keys)
        assert isinstance(shown.app.screen, LinePopup)
        assert "A reason, please" in await shown.press("enter")
        await shown.press("space", "enter")
        assert source.orders == []
        await shown.press(*"new", "space", *"DIMMs", "enter")
        assert source.orders == [told]
        assert isinstance(shown.app.screen, TextPopup), "it says what came of it"


@pytest.mark.parametrize("order", GIVEN)
async def test_esc_gives_no_order(order: str) -> None:
    _, keys, _ = GIVEN[order]
    source = Canned(state=GIVEN[order][0].state)
    async with opened(source, write=True) as shown:
        await shown.press(*keys, *"oops", "escape")
        assert len(shown.app.screen_stack) == 1
        assert source.orders == []


async def test_the_footer_says_which_way_an_order_goes_for_what_is_chosen() -> None:
    async with opened(Canned(state=DRAINING_HERE), size=LARGE, write=True) as shown:
        assert "d undrain" in await shown.press("2")
        told = await shown.press("down")
        assert ("d drain" in told, "d undrain" in told) == (True, False)
    async with opened(Canned(state=HELD), size=LARGE, write=True) as shown:
        assert "h release" in shown.text


async def test_taking_a_drain_back_needs_no_reason_but_a_yes() -> None:
    source = Canned(state=DRAINING_HERE)
    async with opened(source, write=True) as shown:
        assert "Take back the drain" in await shown.press("2", "d")
        await shown.press("escape")
        assert source.orders == []
        await shown.press("d", "enter")
        assert source.orders == [("undrain", "ada")]


@pytest.mark.parametrize("order", GIVEN)
async def test_without_write_there_is_the_command_to_run(order: str) -> None:
    source = Canned(state=GIVEN[order][0].state)
    async with opened(source) as shown:
        told = await shown.press(*GIVEN[order][1])
        assert "vacnet space --write" in told
        assert "--reason REASON" in told
        assert source.orders == []


@pytest.mark.parametrize("write", [True, False])
async def test_what_another_factory_has_to_do_is_a_command_for_its_host(*, write: bool) -> None:
    source = Canned()
    async with opened(source, write=write) as shown:
        told = await shown.press("2", "down", "d")
        assert "That is for vac02.example.org to do" in told
        assert "vacnet drain --reason REASON" in told
        told = await shown.press("escape", "enter", "x")
        assert "vacnet stop 1795520000_lhcb-prod_00 --reason REASON" in told
        assert source.orders == []


async def test_an_order_that_is_refused_says_why() -> None:
    source = Canned(failing={"hold": "not allowed: ask root"})
    async with opened(source, write=True) as shown:
        assert "not allowed: ask root" in await shown.press("h", "x", "enter")


@given(st.text(min_size=1), st.text())
def test_nothing_from_a_name_reaches_a_shell_unquoted(name: str, reason: str) -> None:
    target = msgspec.structs.replace(scenes.LHCB, name=name)
    machine = scenes.machine(1, "lhcb-prod", "running", id=name, factory=HERE)
    hold, stop = orders.hold(target, "ada"), orders.stop(machine, "ada")
    assert shlex.split(hold.command(reason)) == ["vacnet", "target", "hold", name, "--reason", reason]
    assert shlex.split(stop.command(reason)) == ["vacnet", "stop", name, "--reason", reason]
