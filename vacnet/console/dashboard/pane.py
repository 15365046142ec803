"""One pane as a widget: lines of text on the screen, and what the mouse does to them.

Rules of this file: it knows textual and nothing of factories. Lines are drawn when the pane is told to, and
kept; textual takes from them what it has to repaint.
"""

from __future__ import annotations

from rich.console import Console
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from vacnet.console.cell_text import finished
from vacnet.console.dashboard.drawing import Drawing
from vacnet.console.dashboard.kinds import Kind, Moment

WHEEL_LINES = 3


def strips(lines: list[Text], console: Console, *, ascii_signs: bool) -> list[Strip]:
    """Return lines as textual paints them."""
    return [Strip(finished(line, ascii_signs=ascii_signs).render(console)) for line in lines]


class Lines(Widget):
    """Lines that somebody else draws."""

    def __init__(self, *, ascii_signs: bool, name: str) -> None:
        """Show nothing yet."""
        super().__init__(id=name)
        self._ascii_signs = ascii_signs
        self._strips: list[Strip] = []

    def show(self, lines: list[Text]) -> None:
        """Show these lines in place of those before."""
        self._strips = strips(lines, self.app.console, ascii_signs=self._ascii_signs)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line as textual wants it."""
        width = self.size.width
        if y >= len(self._strips):
            return Strip.blank(width)
        return self._strips[y].adjust_cell_length(width)


class Pane(Lines):
    """The things of one kind."""

    class Pressed(Message):
        """A line was clicked: choose it, or with `again` go in."""

        def __init__(self, pane: Pane, place: int | None, *, again: bool) -> None:
            """Tell which."""
            super().__init__()
            self.pane, self.place, self.again = pane, place, again

    class Wheeled(Message):
        """The wheel was turned over it."""

        def __init__(self, pane: Pane, lines: int) -> None:
            """Tell how far."""
            super().__init__()
            self.pane, self.lines = pane, lines

    def __init__(self, kind: Kind, number: int, *, ascii_signs: bool) -> None:
        """Show things of a kind, to which the key `number` goes."""
        super().__init__(ascii_signs=ascii_signs, name=kind.name)
        self.kind, self.listing = kind, kind.listing()
        self._drawing = Drawing(kind, number)

    def lines_wanted(self, moment: Moment, width: int, *, filtered: bool = True) -> int:
        """Return how many lines its rows could fill, with the words that at this width stand below them."""
        things = self.listing.shown if filtered or not self.listing.filter else self.listing.all
        return self._drawing.lines_wanted(things, moment, width)

    def draw(self, moment: Moment, width: int, height: int, *, chosen: bool, status: str, empty: str) -> None:
        """Draw it at a size; see `Drawing.lines`."""
        self.show(
            self._drawing.lines(
                self.listing, moment, width, height, chosen=chosen, status=status, empty=empty
            )
        )

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked; a second click goes in."""
        place = self._drawing.row_at(event.y)
        self.post_message(self.Pressed(self, place, again=event.chain > 1))

    def on_mouse_scroll_down(self) -> None:
        """Move on."""
        self.post_message(self.Wheeled(self, WHEEL_LINES))

    def on_mouse_scroll_up(self) -> None:
        """Move back."""
        self.post_message(self.Wheeled(self, -WHEEL_LINES))
