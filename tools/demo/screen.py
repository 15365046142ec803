"""What is on the terminal while the demo runs: the table of `vacnet space`, and the story below it.

On a terminal the same console code that `vacnet space` uses draws the table, at any size from 80x24;
a larger one shows the picture too while it is being rendered. Elsewhere (a file, a pipe, CI) plain
lines say what happens when it happens.
"""

from __future__ import annotations

import sys
import textwrap
import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from tools.demo.canvas import Canvas
from tools.demo.preview import columns_for, drawable, preview
from tools.demo.story import Facts
from tools.demo.work import Progress
from vacnet.console import tables
from vacnet.console.space_view import space_view

STORY_LINES = 3
BAR_CELLS = 30
PICTURE_LINES_MIN = 8
"""With fewer one cannot see what it is."""
PLAIN_SECONDS = 10.0
"""Between two lines of numbers where there is no terminal."""


class Screen(Protocol):
    """Where the demo shows itself."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the terminal back."""
        ...

    def show(self, facts: Facts, caption: str, seconds: float) -> None:
        """Show how it is now, `seconds` after the start."""
        ...


def screen(canvas: Canvas) -> Screen:
    """Return the screen that fits stdout."""
    return TerminalScreen(canvas) if sys.stdout.isatty() else PlainScreen()


class PlainScreen:
    """Lines for a file: each caption once, and numbers now and then."""

    def __init__(self) -> None:
        """Have said nothing yet."""
        self._caption = ""
        self._next = 0.0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End; there is nothing to give back."""

    def show(self, facts: Facts, caption: str, seconds: float) -> None:
        """Print the caption if it is new, and the numbers if the last are old."""
        if caption != self._caption:
            self._caption = caption
            print(f"{seconds:5.0f} s  {caption}", flush=True)
        if seconds >= self._next:
            self._next = seconds + PLAIN_SECONDS
            print(f"{seconds:5.0f} s    {_numbers(facts)}", flush=True)


class TerminalScreen:
    """The live table, the picture where there is room for it, and the story below."""

    def __init__(self, canvas: Canvas) -> None:
        """Take nothing yet."""
        self._canvas = canvas
        self._drawn: tuple[object, list[Text]] = (None, [])
        """What the picture was drawn from, and its lines."""
        self._console = tables.console_for()
        self._live = Live(console=self._console, screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the terminal back as it was."""
        self._live.stop()

    def show(self, facts: Facts, caption: str, seconds: float) -> None:
        """Draw everything anew, in as many lines as there are."""
        below = self._story(facts, caption, seconds)
        above = self._table(facts, self._console.height - len(below))
        self._live.update(Group(*above, *below), refresh=True)

    def _table(self, facts: Facts, height: int) -> list[Text]:
        if facts.state is None:
            return [Text("No factory answers yet.")] + [Text("")] * (height - 1)
        view = space_view(facts.state, time.time())
        lines = tables.draw(view, self._console.width, height=height, ascii_signs=self._ascii())
        lines += [Text(""), *self._picture(facts.progress.done, height - len(lines) - 1)]
        # A table that takes all leaves no room for the blank line: the story keeps its place.
        return (lines + [Text("")] * height)[:height]

    def _picture(self, done: int, height: int) -> list[Text]:
        """Return the picture so far, drawn anew only when it has changed; nothing where it is too low."""
        columns = columns_for(height, self._console.width)
        if height < PICTURE_LINES_MIN or not drawable(self._console):
            return []
        if self._drawn[0] != (done, columns):
            self._drawn = (done, columns), list(preview(self._canvas, columns))
        return self._drawn[1]

    def _story(self, facts: Facts, caption: str, seconds: float) -> list[Text]:
        width = self._console.width
        told = textwrap.wrap(caption, width - 2)[:STORY_LINES]
        told += [""] * (STORY_LINES - len(told))
        rule = Text(("-" if self._ascii() else "─") * width, style="dim")
        clock = f"{int(seconds // 60)}:{int(seconds % 60):02d}  Ctrl-C ends it"
        progress = f" picture {_bar(facts.progress, ascii_signs=self._ascii())} {_tiles(facts.progress)}"
        last = Text(progress.ljust(width - len(clock) - 1)[: width - len(clock) - 1] + clock, style="cyan")
        return [rule, *(Text(f" {line}", style="bold") for line in told), last]

    def _ascii(self) -> bool:
        return not tables.knows_unicode(self._console.file)


def _bar(progress: Progress, *, ascii_signs: bool) -> str:
    full = BAR_CELLS * progress.done // progress.total
    taken = -(-BAR_CELLS * (progress.done + progress.leased) // progress.total) - full
    signs = "#+." if ascii_signs else "█▒░"
    return signs[0] * full + signs[1] * taken + signs[2] * (BAR_CELLS - full - taken)


def _tiles(progress: Progress) -> str:
    return f"{progress.done} of {progress.total} tiles"


def _numbers(facts: Facts) -> str:
    if facts.state is None:
        return "no factory answers yet"
    running = (f"{one.name} {one.machines_running} ({one.state})" for one in facts.state.targets)
    return f"{', '.join(running)}; {_tiles(facts.progress)} done"
