"""The dashboard against names, numbers and terminals that nobody should have."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.console import scenes
from tests.unit.console.dashboard.screens import LARGE, Shown, opened
from tests.unit.console.dashboard.sources import ALBUM, DECIDED, GONE, HERE, Canned
from tests.unit.console.dashboard.test_dashboard_drawing import HOSTILE, ODD
from tests.unit.console.scenes import NOW
from vacnet.factory.client import FactoryState, Machines

SIZES = [(1, 1), (1, 3), (2, 40), (250, 2), (10, 3), (20, 7), (20, 10), (79, 23), (300, 90)]


def hostile() -> Canned:
    """Return a source of which every name and every word is an attack."""
    state = scenes.space(ODD["factories"], ODD["targets"], warnings=HOSTILE, space=HOSTILE[0])
    machines = Machines(factory=HERE, time=NOW, machines=ODD["machines"])
    return Canned(state=state, machines={HERE: machines}, happened=ODD["events"], log=b"\x1b[2J\x9b\xff\r\n")


def acts(text: str) -> set[str]:
    """Return what of a text would act on a terminal."""
    return {sign for sign in text if not sign.isprintable() and sign != "\n"}


async def test_no_name_and_no_word_acts_on_the_terminal_wherever_it_is_shown() -> None:
    async with opened(hostile(), LARGE, write=True) as shown:
        for keys in (
            "1",
            "2",
            "3",
            "4",
            "1 y",
            "1 w",
            "1 c",
            "1 h",
            "2 d",
            "3 l",
            "3 x",
            "4 enter",
            "1 enter",
        ):
            assert acts(await shown.press(*keys.split())) == set(), keys
            for _ in range(len(shown.app.screen_stack) - 1):
                await shown.press("escape")
            await shown.press("down")


async def test_words_of_failure_do_not_act_on_the_terminal_either() -> None:
    source = Canned(album=ALBUM)
    async with opened(source, LARGE, write=True) as shown:
        words = "\x1b[2J[red]\u202e"
        source.failing = dict.fromkeys(("space", "events", "machines", "why", "past", "hold", "peers"), words)
        shown.app._ask_space()
        shown.app.ask_machines()
        for keys in ("3", "4", "1 w", "t", "1 h x enter"):
            await shown.press(*keys.split())
            await shown.sees(r"\x1b[2J[red]\u202e")
            assert acts(shown.text) == set(), keys
            for _ in range(len(shown.app.screen_stack) - 1):
                await shown.press("escape")


@pytest.mark.parametrize(
    ("scene", "size"), [*(("partitioned", size) for size in SIZES), ("empty", (1, 1)), ("empty", (20, 7))]
)
async def test_any_terminal_has_something_in_it_and_the_keys_go_on(scene: str, size: tuple[int, int]) -> None:
    async with opened(Canned(state=scenes.SPACES[scene], album=ALBUM), size) as shown:
        await shown.press(
            "3", "down", "1", "plus", "s", "slash", "a", "escape", "t", "t", "z", "question_mark"
        )
        await shown.press("escape")
        assert _height(shown) == size[1]
        assert shown.text.strip()
        await shown.press("q")
        assert not shown.app.is_running


def _height(shown: Shown) -> int:
    """Return how many lines the parts of the screen take together."""
    app = shown.app
    parts = [app.query_one("#head"), *app.panes.values(), app.query_one("#words"), app.query_one("#foot")]
    return sum(part.size.height for part in parts if part.display)


async def test_a_storm_of_sizes_ends_in_the_picture_of_the_last_one() -> None:
    async with opened(Canned(state=scenes.ONE_SILENT)) as shown:
        before = shown.text
        for width, height in [*SIZES, *((width, 60 - width // 5) for width in range(10, 250, 24)), (80, 24)]:
            await shown.pilot.resize_terminal(width, height)
        await shown.settled()
        await shown.press("1")
        assert shown.text == before


async def test_a_space_without_anything_says_what_to_do() -> None:
    decided = msgspec.structs.replace(DECIDED, decision=None)
    source = Canned(state=scenes.space((), ()), machines={}, happened=(), decided=decided)
    async with opened(source, LARGE) as shown:
        assert "No targets" in shown.text
        assert "No factories are known yet" in shown.text
        for key in ("1", "2", "3", "4"):
            await shown.press(key, "down", "end", "enter", "w", "y", "c", "s", "S", "d", "h", "x", "l")
            assert len(shown.app.screen_stack) == 1


@pytest.mark.parametrize("odd", [-1e15, 1e15, float("inf"), float("-inf"), float("nan")])
async def test_ages_and_times_of_nonsense_are_shown_all_the_same(odd: float) -> None:
    garbage = msgspec.structs.replace(scenes.HEALTHY, factories=tuple(_garbage(odd)), warnings=("x",))
    machine = scenes.machine(
        1, "t", "running", created=odd, started=odd, deadline=odd, hours=odd, cpu_efficiency=odd
    )
    machines = Machines(factory=HERE, time=odd, machines=(machine,), age_seconds=odd)
    async with opened(Canned(state=garbage, machines={HERE: machines}), LARGE) as shown:
        assert "vac09" in shown.text
        assert "vac01-01.example.org" in await shown.press("3")
        await shown.press(*"sssssss")


def _garbage(odd: float) -> list[FactoryState]:
    return [
        scenes.VAC01,
        scenes.factory("vac09", heard_seconds=odd, load=odd, deadline_seconds=odd),
    ]


async def test_a_clock_that_went_back_makes_nothing_older_and_one_that_jumped_says_so() -> None:
    now = [NOW]
    async with opened(clock=lambda: now[0]) as shown:
        now[0] = NOW - 9e4
        shown.app.draw()
        await shown.settled()
        assert shown.text.startswith("LIVE")
        now[0] = NOW + 9e4
        shown.app.draw()
        await shown.settled()
        assert shown.text.startswith("NOT LIVE")
        assert "has not answered for 1d01h" in shown.text


async def test_whoever_is_gone_from_the_start_leaves_the_first_picture() -> None:
    source = Canned(failing=dict.fromkeys(("space", "events", "machines", "peers", "decision"), GONE))
    async with opened(source, LARGE) as shown:
        assert "lhcb-prod" in shown.text
        assert GONE in shown.text
