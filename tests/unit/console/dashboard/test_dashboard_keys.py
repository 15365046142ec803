"""What each key does, pressed on the dashboard itself; what it asked for is answered by heart."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.unit.console import scenes
from tests.unit.console.dashboard.screens import LARGE, Shown, opened
from tests.unit.console.dashboard.sources import ALBUM, HERE, Canned
from tests.unit.console.past import event
from vacnet.console.dashboard import grammar
from vacnet.console.dashboard.kinds import KINDS
from vacnet.console.dashboard.popups import LinePopup, TextPopup


def chosen(shown: Shown) -> str:
    """Return the name of what the keys are about."""
    pane = shown.app.pane
    return pane.kind.name_of(pane.listing.chosen)


def read(shown: Shown) -> str:
    """Return the text that opened over the screen."""
    popup = shown.app.screen
    assert isinstance(popup, TextPopup)
    return popup.text


@pytest.mark.parametrize(
    ("pane", "past"), [*((pane, False) for pane in KINDS), ("targets", True), ("machines", True)]
)
async def test_every_key_of_the_table_can_be_pressed_in_every_pane_and_in_the_past(
    pane: str,
    past: bool,  # noqa: FBT001 (a parameter)
) -> None:
    async with opened(Canned(album=ALBUM), LARGE) as shown:
        await shown.press(str(list(KINDS).index(pane) + 1), *(["t"] if past else []))
        keys = {name for key in grammar.KEYS for name in key.keys.split(",")}
        for key in sorted(keys - {"q", "t", "slash"}):
            await shown.press(key)
            while len(shown.app.screen_stack) > 1:
                await shown.press("escape")
            shown.app.action_pane(pane)
            assert shown.app.is_running
            assert (shown.app.travel.picture is not None) == past


async def test_numbers_and_tab_go_to_panes_and_on_a_low_screen_show_them_alone() -> None:
    async with opened() as shown:
        for key, title in zip("1234", KINDS.values(), strict=True):
            assert f" {key} {title.title} " in await shown.press(key)
        await shown.press("tab")
        assert shown.app.chosen == "targets"
        await shown.press("shift+tab")
        assert shown.app.chosen == "events"


async def test_lines_are_chosen_by_arrows_letters_pages_and_ends() -> None:
    async with opened() as shown:
        names = []
        for key in ("1", "down", "j", "down", "k", "up", "end", "home", "pagedown", "pageup"):
            await shown.press(key)
            names.append(chosen(shown))
        lhcb, atlas, ska = "lhcb-prod", "atlas-mcore", "ska-sim"
        assert names == [lhcb, atlas, ska, ska, atlas, lhcb, ska, lhcb, ska, lhcb]


async def test_enter_on_a_factory_asks_it_for_its_machines_and_esc_comes_back() -> None:
    async with opened() as shown:
        told = await shown.press("2", "down", "enter")
        assert "of vac02.example.org" in told
        assert [one.factory for one in shown.app.live.machines.machines] == ["vac02.example.org"]
        await shown.press("escape")
        assert (shown.app.chosen, chosen(shown)) == ("factories", "vac02.example.org")


async def test_enter_on_a_target_asks_who_runs_it() -> None:
    async with opened() as shown:
        await shown.press("enter")
        assert shown.source.asked["why"] == 1
        assert "of lhcb-prod" in shown.text
        assert shown.app.chosen == "machines"


async def test_enter_on_a_machine_opens_its_log_of_which_nothing_acts_on_the_terminal() -> None:
    async with opened() as shown:
        told = await shown.press("3", "enter")
        assert ("log", "1795520000_lhcb-prod_04", 500) in shown.source.orders
        assert r"second \x1b[31mline" in told
        assert "log of vac01-04.example.org" in told


async def test_the_log_of_a_machine_elsewhere_is_a_command_to_run_there() -> None:
    async with opened() as shown:
        told = await shown.press("2", "down", "enter", "l")
        assert "vacnet logs 1795520000_lhcb-prod_00" in told
        assert "vac02.example.org" in told
        assert shown.source.orders == []


async def test_a_filter_is_heard_while_it_is_typed_and_esc_drops_it() -> None:
    async with opened() as shown:
        await shown.press("slash", *"ska")
        assert [one.name for one in shown.app.pane.listing.shown] == ["ska-sim"]
        assert "1 of 3" in await shown.press("enter")
        assert "/ska" in shown.text
        await shown.press("escape")
        assert len(shown.app.pane.listing.shown) == 3


async def test_esc_in_the_line_of_a_filter_drops_it_at_once() -> None:
    async with opened() as shown:
        await shown.press("slash", *"!ska")
        assert len(shown.app.pane.listing.shown) == 2
        await shown.press("escape")
        assert len(shown.app.pane.listing.shown) == 3
        assert not shown.app.query_one("#filter", Input).has_class("open")
        await shown.press("q")
        assert not shown.app.is_running


async def test_going_to_another_pane_ends_the_typing_of_a_filter_and_keeps_it() -> None:
    async with opened() as shown:
        await shown.press("slash", *"ska", "tab", "j")
        assert shown.app.chosen == "factories"
        assert shown.app.panes["factories"].listing.filter == ""
        assert shown.app.panes["targets"].listing.filter == "ska"


async def test_what_nothing_matches_is_said_and_the_chosen_one_comes_back() -> None:
    async with opened() as shown:
        await shown.press("down")
        assert "Nothing of 3 has 'xyz' in it" in await shown.press("slash", *"xyz", "enter")
        await shown.press("w", "c", "y", "enter", "escape")
        assert chosen(shown) == "atlas-mcore"


async def test_sorting_goes_through_the_orders_and_turns_round() -> None:
    async with opened() as shown:
        orders = [order.name for order in shown.app.pane.listing.orders]
        for name in (*orders[1:], orders[0]):
            assert f"by {name}" in await shown.press("s")
        assert "reversed" in await shown.press("S")
        assert shown.app.pane.listing.shown[0].name == "ska-sim"
        assert chosen(shown) == "lhcb-prod"


async def test_plus_gives_a_pane_the_whole_screen_and_esc_takes_it_back() -> None:
    async with opened(size=LARGE) as shown:
        assert "2 Factories" not in await shown.press("plus")
        assert "2 Factories" in await shown.press("escape")


async def test_why_is_asked_of_the_target_that_is_meant_in_every_pane() -> None:
    async with opened(size=LARGE) as shown:
        assert "why lhcb-prod" in await shown.press("w")
        assert "why atlas-mcore" in await shown.press("escape", "3", "down", "w")
        assert "why lhcb-prod" in await shown.press("escape", "2", "w")
        await shown.press("escape", "4", "w")
        await shown.sees("w is about a target")


async def test_raw_is_all_that_is_known_and_copying_takes_the_name() -> None:
    async with opened() as shown:
        await shown.press("y")
        assert '"origin": "/etc/vacnet/vacnet.toml:12"' in read(shown)
        await shown.press("c")
        assert shown.app.clipboard == read(shown)
        await shown.press("escape", "c")
        assert shown.app.clipboard == "lhcb-prod"


async def test_ended_machines_are_asked_for_too_and_no_more_when_pressed_again() -> None:
    source = Canned(machines={HERE: scenes.MACHINES["ended"]})
    async with opened(source) as shown:
        await shown.press("3")
        assert len(shown.app.pane.listing.shown) == 2
        assert "Nothing to do" in await shown.press("e")
        assert len(shown.app.pane.listing.shown) == 5
        await shown.press("e")
        assert len(shown.app.pane.listing.shown) == 2


async def test_the_help_lists_the_keys_of_here_and_now_and_no_others() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("question_mark")
        assert "hold the target" in read(shown)
        assert "play" not in read(shown)
        await shown.press("escape", "t", "question_mark")
        assert "play" in read(shown)
        assert "hold the target" not in read(shown)


async def test_a_question_on_its_way_holds_up_no_key() -> None:
    async with opened() as shown:
        with shown.source.hanging("why"):
            await shown.type("w")
            await shown.until(lambda: shown.source.at_once["why"] == 1)
            await shown.type("down")
            assert chosen(shown) == "atlas-mcore"
            assert len(shown.app.screen_stack) == 1
        await shown.settled()
        assert isinstance(shown.app.screen, TextPopup)


@pytest.mark.parametrize("question", ["space", "machines", "events", "peers", "decision", "past"])
async def test_whatever_hangs_the_keys_go_on(question: str) -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        with shown.source.hanging(question):
            for ask in (shown.app._ask_space, shown.app.ask_machines, shown.app._ask_delay):
                ask()
            await shown.type("3", "t")
            await shown.until(lambda: shown.source.at_once[question] >= 1)
            await shown.type("1", "down", "down")
            assert chosen(shown) == "ska-sim"
            await shown.type("y")
            assert isinstance(shown.app.screen, TextPopup)


async def test_another_factory_answers_while_one_hangs() -> None:
    async with opened() as shown:
        with shown.source.hanging("machines"):
            await shown.type("2", "down", "enter")
            await shown.until(lambda: shown.source.at_once["machines"] == 1)
            assert "Asking vac02.example.org ..." in shown.text
            shown.source.gates.pop("machines")
            await shown.type("escape", "up", "enter")
            await shown.until(lambda: shown.app.live.machines.asked_at is not None)
            assert str(shown.app.live.machines.whose) == HERE
        await shown.settled()
        assert str(shown.app.live.machines.whose) == HERE


async def test_what_comes_later_does_not_change_a_frozen_picture() -> None:
    async with opened() as shown:
        before = await shown.press("z")
        shown.source.state = scenes.ONE_SILENT
        shown.source.happened = (*shown.source.happened, event(99, 0, "factory.silent"))
        shown.app._ask_space()
        await shown.settled()
        assert shown.app.live.space is scenes.ONE_SILENT
        assert shown.text == before
        assert "LIVE" in await shown.press("z")
        assert "1 silent" in shown.text


async def test_a_frozen_picture_has_no_machines_that_were_not_asked_then() -> None:
    async with opened(size=LARGE) as shown:
        await shown.press("z", "2", "down", "enter")
        await shown.sees("this picture has the machines of")
        assert "of vac02" not in shown.text


async def test_ctrl_c_ends_it_also_from_a_text_and_from_a_line() -> None:
    for keys in (["y"], ["slash"], ["t"], []):
        async with opened() as shown:
            await shown.press(*keys, "ctrl+c")
            assert not shown.app.is_running


async def test_a_key_of_the_past_does_nothing_in_the_present() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        before = shown.text
        for key in grammar.KEYS:
            if key.past:
                await shown.press(*([] if key.keys == "t" else [key.keys]))
        assert shown.text == before
        assert (shown.source.asked["past"], shown.app.travel.playing) == (0, False)


async def test_a_click_chooses_a_second_goes_in_and_the_wheel_moves() -> None:
    async with opened() as shown:
        assert await shown.pilot.click("#factories", offset=(5, 4))
        await shown.settled()
        assert (shown.app.chosen, chosen(shown)) == ("factories", "vac03.example.org")
        await shown.pilot.click("#targets", offset=(5, 5))
        assert chosen(shown) == "atlas-mcore"
        shown.app.panes["targets"].on_mouse_scroll_down()
        await shown.settled()
        assert chosen(shown) == "ska-sim"
        shown.app.panes["targets"].on_mouse_scroll_up()
        await shown.settled()
        assert chosen(shown) == "lhcb-prod"
        await shown.pilot.click("#factories", offset=(5, 3), times=2)
        await shown.settled()
        assert "of vac02.example.org" in shown.text


async def test_a_click_beside_all_lines_chooses_only_the_pane() -> None:
    async with opened() as shown:
        for line in (0, 1, 9):
            await shown.press("1")
            await shown.pilot.click("#factories", offset=(5, line))
            await shown.settled()
            assert (shown.app.chosen, chosen(shown)) == ("factories", "vac01.example.org")


async def test_the_line_of_an_order_is_not_a_filter() -> None:
    async with opened(write=True) as shown:
        await shown.press("h", "slash")
        assert isinstance(shown.app.screen, LinePopup)
        assert shown.app.panes["targets"].listing.filter == ""
