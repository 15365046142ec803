"""Draws the pictures of the documents: `python -m tools.picture docs/pictures`.

Each is a screen of the dashboard as it is, driven by its keys over a simulated site, as an SVG that needs
no font from anywhere. `recording.svg` is several screens, one after the other, in one file that plays by
itself.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vacnet.cli.simulated import Simulated, site_of, watched
from vacnet.console.dashboard.app import Dashboard
from vacnet.console.dashboard.options import Options

SCENARIO = Path("conf/scenarios/queue-empties.toml")
SIZE = (110, 30)
SEED = 1
STEP_SECONDS = 20.0
"""Virtual, at a time: pictures are kept every ten."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Keys that are pressed at a moment, and how long what they bring is looked at."""

    at: float
    """Virtual seconds."""
    keys: Sequence[str] = ()
    shown_seconds: float = 1.5


STILL = Frame(8_400.0, shown_seconds=2.5)
"""An hour and twenty minutes after the queue of `grid` ran dry."""
STORY = (
    Frame(15.0),
    Frame(400.0),
    Frame(1_500.0),
    Frame(6_900.0),
    Frame(7_500.0),
    STILL,
    Frame(8_400.0, ("w",), 4.0),
    Frame(8_400.0, ("escape", "2", "enter"), 3.0),
    Frame(8_400.0, ("1", "t", "left_curly_bracket"), 2.5),
    Frame(8_400.0, ("left_curly_bracket", "left_curly_bracket"), 2.5),
    Frame(16_200.0, ("t",), 3.0),
)


async def drawn(story: Sequence[Frame]) -> list[str]:
    """Return the screens of a story, as SVG."""
    site = site_of(SCENARIO)
    run = watched(site, SEED)
    source = Simulated(site, run, pace=1.0)  # not entered: time passes here as the story says
    dashboard = Dashboard(source, source.space(), Options(simulated=True, clock=source.clock))
    screens = []
    async with dashboard.run_test(size=SIZE) as pilot:
        for frame in story:
            source.pass_time(frame.at, STEP_SECONDS)
            for key in frame.keys:
                await pilot.press(key)
                await dashboard.workers.wait_for_complete()
            await dashboard.ask_all()
            await pilot.pause()
            screens.append(_at_home(dashboard.export_screenshot(title="vacnet space")))
    return screens


def _at_home(svg: str) -> str:
    """Take out the font that would be fetched from the web, and keep spaces that viewers would fold."""
    alone = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, ", "")
    alone = alone.replace("Fira Code", "monospace")
    return alone.replace("<svg ", '<svg xml:space="preserve" ', 1)


def played(screens: Sequence[str], story: Sequence[Frame]) -> str:
    """Return one SVG that shows the screens one after the other, for ever."""
    total = sum(frame.shown_seconds for frame in story)
    head = re.match(r"<svg [^>]*>", screens[0])
    if head is None:
        raise ValueError("no screen was drawn")
    parts, begun = [], 0.0
    for number, (screen, frame) in enumerate(zip(screens, story, strict=True)):
        inner = screen[screen.index(">") + 1 : screen.rindex("</svg>")]
        ended = begun + frame.shown_seconds
        times = (0.0, begun / total, ended / total, 1.0)
        values = "hidden;visible;hidden;hidden" if begun else "visible;visible;hidden;hidden"
        key_times = ";".join(f"{time:.4f}" for time in times)
        animate = (
            f'<animate attributeName="visibility" calcMode="discrete" values="{values}" '
            f'keyTimes="{key_times}" dur="{total:g}s" repeatCount="indefinite"/>'
        )
        parts.append(f'<g visibility="hidden">{animate}{_renamed(inner, number)}</g>')
        begun = ended
    return f"{head[0]}{''.join(parts)}</svg>"


def _renamed(inner: str, number: int) -> str:
    """Return a screen whose names do not clash with those of the others."""
    return re.sub(r"terminal-\d+", f"screen{number}", inner)


def main(words: list[str]) -> None:
    """Write the pictures into the directory that is named."""
    directory = Path(words[0])
    screens = asyncio.run(drawn(STORY))
    (directory / "dashboard.svg").write_text(screens[STORY.index(STILL)])
    (directory / "recording.svg").write_text(played(screens, STORY))


if __name__ == "__main__":
    main(sys.argv[1:])
