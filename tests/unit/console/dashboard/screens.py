"""The dashboard without a terminal: opened, driven, and read as the text that stands on the screen."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from textual import events
from textual.pilot import Pilot

from tests.unit.console.dashboard.sources import Canned
from tests.unit.console.scenes import NOW
from vacnet.cli.moment import past_moment
from vacnet.console.dashboard.app import Dashboard
from vacnet.console.dashboard.options import Options

DEADLINE_SECONDS = 20.0
SMALL, LARGE = (80, 24), (160, 50)
HOPS = 4
"""A key goes from the application to the screen, to its binding and back: a message each."""
NAMES = {"!": "exclamation_mark"}
SIGNS = {"space": " "}


def text_of(app: Dashboard) -> str:
    """Return the whole screen as text: the one place that uses a private name of textual."""
    width, height = app.size
    console = Console(file=io.StringIO(), record=True, width=width, height=height, color_system=None)
    console.print(app.screen._compositor.render_update(full=True))
    return "".join(f"{line.rstrip()}\n" for line in console.export_text().splitlines()[:height])


@dataclass(frozen=True, slots=True)
class Shown:
    """An open dashboard in the hands of a test."""

    app: Dashboard
    source: Canned
    pilot: Pilot[None]

    @property
    def text(self) -> str:
        return text_of(self.app)

    async def press(self, *keys: str) -> str:
        """Press keys, and return what is shown when all that they asked for was answered."""
        for key in keys:
            await self.type(key)
            await self._answered()
        return self.text

    async def type(self, *keys: str) -> None:
        """Press keys, and wait until they were heard, but for no answer.

        As `Pilot.press`, which sleeps until the process is idle: this one waits for the queues alone.
        """
        for key in keys:
            name, sign = NAMES.get(key, key), SIGNS.get(key, key if len(key) == 1 else None)
            self.app.post_message(events.Key(name, sign))
            await self._heard()

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        await self._heard()
        await self._answered()

    async def _answered(self) -> None:
        while self.app.workers:
            await self.app.workers.wait_for_complete()
            await self._heard()

    async def _heard(self) -> None:
        for _ in range(HOPS):
            await self.pilot.pause(0.0)

    async def sees(self, words: str) -> None:
        """Wait until words stand on the screen, in however many lines; the test fails when they never do."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while words not in " ".join(self.text.replace("▌", "").split()):
                await self.pilot.pause(0.0)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; the test fails when it never does."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():  # noqa: ASYNC110 (the condition is no event of this loop)
                await asyncio.sleep(0.001)


def options(**changes: object) -> Options:
    """Return options whose clock stands still."""
    values: dict[str, object] = {
        "clock": lambda: NOW,
        "who": "ada",
        "past_moment": lambda text: past_moment(text, datetime.fromtimestamp(NOW, UTC)),
    }
    return Options(**{**values, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def opened(
    source: Canned | None = None, size: tuple[int, int] = SMALL, **changes: object
) -> AsyncIterator[Shown]:
    """Open the dashboard at a size, and wait until its first questions are answered."""
    source = source or Canned()
    app = Dashboard(source, source.state, options(**changes))
    async with app.run_test(size=size, notifications=True) as pilot:
        shown = Shown(app, source, pilot)
        await shown.settled()
        yield shown
