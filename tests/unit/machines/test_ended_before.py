"""What a keeper restores of machines that had ended: those under their target's newest window."""

from dataclasses import replace

import pytest

from tests.unit.machines.factory_floor import PROCESS, Floor, until
from vacnet.agent.effects import Ticket
from vacnet.space.window import Window, never_tried

OPENED = Window(7, "wn02.example.org", 0.0, 60.0, 1)
UNTRIED = never_tried(0.0)


async def _end_one_under(floor: Floor, window: Window) -> None:
    wish = floor.wish()
    async with floor.keeping() as keeper:
        keeper.start(replace(wish, ticket=Ticket(window.number, window.opener, 0)))
        await until(lambda: bool(floor.engine.running))
        floor.engine.end(next(iter(floor.engine.running)), message="300 no work")
        await floor.ended()


@pytest.mark.parametrize(
    ("made_under", "newest", "outcomes"),
    [
        (UNTRIED, None, ["300 no work"]),
        (OPENED, OPENED, ["300 no work"]),
        (UNTRIED, OPENED, []),
    ],
)
async def test_an_end_is_restored_while_its_window_is_the_newest(
    floor: Floor, made_under: Window, newest: Window | None, outcomes: list[str]
) -> None:
    await _end_one_under(floor, made_under)
    if newest is not None:
        floor.record.keep_window(PROCESS.name, newest)
    restored = await floor.keeper().adopt()
    assert [str(one.outcome.message) for one in restored if one.outcome] == outcomes
