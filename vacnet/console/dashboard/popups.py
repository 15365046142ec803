"""What opens over the screen: a text to read, and one line to type.

Rules of this file: Esc closes either without consequence. A text scrolls by the keys of the panes; a line is
asked for with what it is for, and what it will do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from vacnet.console.words import clean

CLOSE = "Esc closes   c copies"


def cleaned(text: str) -> str:
    """Return lines of which none can act on a terminal."""
    return "\n".join(clean(line.rstrip("\r").expandtabs()) for line in text.split("\n"))


class TextPopup(ModalScreen[None]):
    """A text to read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
        Binding("home", "scroll(-1000000)", show=False),
        Binding("end", "scroll(1000000)", show=False),
        Binding("c", "copy", "copy"),
    ]

    def __init__(self, title: str, text: str, *, at_end: bool = False) -> None:
        """Show `text`, its end first where that is what matters; both may hold anything."""
        super().__init__()
        self._title, self.text, self._at_end = clean(title), cleaned(text), at_end

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(id="paper"):
            yield Static(Text(f"{self._title}   {CLOSE}", style="bold"), id="paper-title")
            with VerticalScroll(id="paper-body", can_focus=False):
                yield Static(Text(self.text), id="paper-text")

    def on_mount(self) -> None:
        """Go to the end, if that was asked for."""
        if self._at_end:
            self.query_one("#paper-body", VerticalScroll).scroll_end(animate=False)

    def renew(self, text: str) -> None:
        """Show a newer text, at its end if the end was in sight."""
        body = self.query_one("#paper-body", VerticalScroll)
        at_end = body.scroll_y >= body.max_scroll_y
        self.text = cleaned(text)
        self.query_one("#paper-text", Static).update(Text(self.text))
        if at_end and self._at_end:
            self.call_after_refresh(body.scroll_end, animate=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#paper-body", VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.app.copy_to_clipboard(self.text)
        self.notify("copied")

    def on_click(self, event: events.Click) -> None:
        """Close when clicked beside it."""
        if event.widget is self:
            self.dismiss()


class LinePopup(ModalScreen[str | None]):
    """One line to type; None: it was not wanted after all."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "no", priority=True)]

    def __init__(self, title: str, explained: str, wrong: Callable[[str], str]) -> None:
        """Ask; `wrong` says what is wrong with an answer, empty: nothing."""
        super().__init__()
        self._title, self._explained, self._wrong = clean(title), explained, wrong

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(id="question"):
            yield Static(Text(self._title, style="bold"))
            yield Static(Text(self._explained), id="question-words")
            yield Input(id="question-line")
            yield Static(Text("Enter does it   Esc does nothing", style="dim"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the answer, or say what is wrong with it."""
        if wrong := self._wrong(event.value.strip()):
            self.query_one("#question-words", Static).update(Text(clean(wrong), style="bold red"))
        else:
            self.dismiss(event.value.strip())
