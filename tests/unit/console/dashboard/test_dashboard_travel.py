"""Time travel by its keys, over an album of four pictures, and the rules behind it."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.console import scenes
from tests.unit.console.dashboard.screens import LARGE, Shown, opened
from tests.unit.console.dashboard.sources import ALBUM, Canned
from tests.unit.console.past import event
from tests.unit.console.scenes import NOW
from vacnet.console.dashboard.popups import LinePopup, TextPopup
from vacnet.console.dashboard.travel import Travel

AGO = [7_200.0, 1_200.0, 610.0, 10.0]


def ago(shown: Shown) -> float:
    """Return how old the picture shown is."""
    assert shown.app.travel.picture is not None
    return NOW - shown.app.travel.made


async def test_t_goes_to_the_newest_picture_and_back_to_now() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        assert "PAST 2026-11-24 12:02:51, 10s ago" in await shown.press("t")
        assert "LIVE" in await shown.press("t")


async def test_brackets_step_through_the_pictures_and_stop_at_both_ends() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("t")
        seen = []
        for key in ["left_square_bracket"] * 4 + ["right_square_bracket"] * 4:
            await shown.press(key)
            seen.append(ago(shown))
        assert seen == [610.0, 1_200.0, 7_200.0, 7_200.0, 1_200.0, 610.0, 10.0, 10.0]


async def test_braces_jump_ten_minutes_and_say_where_the_record_begins() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("t", "left_curly_bracket")
        assert ago(shown) == 610.0
        await shown.press("left_curly_bracket", "left_curly_bracket")
        assert ago(shown) == 7_200.0
        await shown.press("left_curly_bracket")
        await shown.sees("the first of the pictures")
        assert ago(shown) == 7_200.0
        await shown.press("right_curly_bracket")
        assert ago(shown) == 1_200.0, "no picture was kept for so long: the next one"


async def test_g_goes_to_a_time_and_says_what_is_no_time() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("t", "g", *"yesterdey", "enter")
        assert isinstance(shown.app.screen, LinePopup)
        assert "'yesterdey' is no time" in shown.text
        await shown.press(*["backspace"] * 9, *"20m", "enter")
        assert ago(shown) == 1_200.0
        await shown.press("g", "escape")
        assert ago(shown) == 1_200.0


async def test_playing_shows_one_after_the_other_and_stops_at_the_newest() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("t", "g", *"2h", "enter")
        assert "PLAYING" in await shown.press("p")
        seen = []
        while shown.app.travel.playing:
            shown.app._ask_space()
            await shown.settled()
            seen.append(ago(shown))
        assert seen == [1_200.0, 610.0, 10.0, 10.0]
        assert "PAST" in shown.text


async def test_the_past_is_whole_and_nothing_of_now_is_mixed_into_it() -> None:
    source = Canned(album=ALBUM, happened=(event(1, 9_000, "one.before"), event(2, 60, "one.later")))
    async with opened(source, LARGE) as shown:
        told = await shown.press("t", "g", *"2h", "enter")
        assert "probing: vac02.example.org holds the only ticket" in told
        assert "one.before" in told
        assert "one.later" not in told
        assert "No machines" in told
        asked = shown.source.asked["machines"]
        shown.app.ask_machines()
        await shown.settled()
        assert shown.source.asked["machines"] == asked


async def test_nothing_is_ordered_in_the_past() -> None:
    async with opened(Canned(album=ALBUM), write=True) as shown:
        await shown.press("t", "h", "2", "d", "3", "x")
        assert len(shown.app.screen_stack) == 1
        assert shown.source.orders == []


async def test_why_is_of_then() -> None:
    async with opened(Canned(album=ALBUM), LARGE) as shown:
        await shown.press("t", "w")
        assert isinstance(shown.app.screen, TextPopup)
        assert shown.source.asked["why"] == 0
        assert shown.source.asked["decision"] >= 2


@pytest.mark.parametrize("trouble", ["", "no factory answers"])
async def test_where_there_is_no_past_it_is_said_and_the_present_stays(trouble: str) -> None:
    source = Canned()
    async with opened(source) as shown:
        source.failing = {"past": trouble} if trouble else {}
        assert "LIVE" in await shown.press("t")
        await shown.sees(trouble or "the record has no pictures yet")
        assert shown.app.travel.picture is None


async def test_a_past_that_cannot_be_read_any_more_leaves_the_picture_before() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("t")
        shown.source.failing["past"] = "the disk is at fault"
        await shown.press("left_square_bracket")
        await shown.sees("the disk is at fault")
        assert ago(shown) == 10.0


async def test_from_a_frozen_picture_one_travels_to_its_time_and_comes_back_to_it() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("z")
        shown.app.frozen_at = NOW - 1_000
        await shown.press("t")
        assert ago(shown) == 1_200.0
        assert "FROZEN" in await shown.press("t")


async def test_a_long_record_is_read_to_the_moment_and_once() -> None:
    source = Canned(album=ALBUM, happened=tuple(event(n, 9_000 - n, "some") for n in range(1, 5_001)))
    travel = Travel(source)
    assert await travel.go(NOW - 7_000) == ""
    assert travel.picture is not None
    assert travel.picture.events[-1].time <= NOW - 7_000
    assert len(travel.picture.events) == 1_000
    asked = source.asked["events"]
    assert await travel.step(1) == ""
    assert travel.picture.events[-1].serial == 5_000
    assert source.asked["events"] - asked <= 4
    asked = source.asked["events"]
    assert await travel.step(1) == ""
    assert source.asked["events"] - asked == 1, "what was read is not read again"


async def test_a_picture_that_nobody_can_read_is_told_and_stepped_over() -> None:
    unreadable = msgspec.structs.replace(ALBUM[2], space=None)
    async with opened(Canned(album=(*ALBUM[:2], unreadable, ALBUM[3]))) as shown:
        await shown.press("t", "left_square_bracket")
        await shown.sees("cannot be read")
        assert "PAST 2026-11-24 12:02:51" in shown.text
        await shown.press("left_square_bracket")
        assert ago(shown) == 1_200.0


async def test_two_steps_asked_for_at_once_are_two_steps() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("t")
        with shown.source.hanging("past"):
            await shown.type("left_square_bracket", "left_square_bracket")
            await shown.until(lambda: shown.source.at_once["past"] == 1)
        await shown.settled()
        assert ago(shown) == 1_200.0


async def test_who_went_back_to_now_is_not_taken_into_the_past_by_a_late_answer() -> None:
    async with opened(Canned(album=ALBUM)) as shown:
        await shown.press("t")
        with shown.source.hanging("past"):
            await shown.type("left_square_bracket")
            await shown.until(lambda: shown.source.at_once["past"] == 1)
            await shown.type("t")
        await shown.until(lambda: shown.source.at_once["past"] == 0)
        await shown.settled()
        assert "LIVE" in shown.text


async def test_the_newest_picture_has_the_machines_of_then() -> None:
    travel = Travel(Canned(album=ALBUM))
    await travel.go(NOW)
    assert travel.picture is not None
    assert travel.picture.machines.machines == scenes.MACHINES["working"].machines
