"""The dashboard as an application, its middle part: where the keys go, what is chosen, sorted and filtered.

Rules of this file: nothing is told in words here and nothing changes but the picture; a key acts at once.
"""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from vacnet.console.dashboard.pane import Pane
from vacnet.console.dashboard.picture import MachinesAnswer, Whose
from vacnet.console.dashboard.screen import Screenful
from vacnet.factory.client import EventState, FactoryState, MachineState, TargetState

ENDED_SHOWN = 50


class Moving(Screenful):
    """What of a screen can be moved and chosen."""

    _came_from = "factories"

    def action_log(self) -> None:
        """Show the console log of the chosen machine."""
        raise NotImplementedError

    def show_event(self) -> None:
        """Show the chosen event whole."""
        raise NotImplementedError

    # --- moving -------------------------------------------------------------------------------------------

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        if name != self.chosen:
            self._close_filter()
        self.chosen = name
        self.ask_machines()
        self.draw()

    def action_next_pane(self, by: int) -> None:
        """Go to the pane beside it."""
        names = list(self.panes)
        self.action_pane(names[(names.index(self.chosen) + by) % len(names)])

    def action_move(self, by: int) -> None:
        """Choose another line."""
        self.pane.listing.move(by)
        self.draw_chosen()

    def action_page(self, by: int) -> None:
        """Choose a line so many pages on."""
        self.action_move(by * max(1, self.pane.size.height - 3))

    def action_into(self) -> None:
        """Go into what is chosen."""
        thing = self.pane.listing.chosen
        if isinstance(thing, TargetState):
            self._show_machines(Whose(target=thing.name))
        elif isinstance(thing, FactoryState):
            self._show_machines(Whose(factory=thing.name))
        elif isinstance(thing, MachineState):
            self.action_log()
        elif isinstance(thing, EventState):
            self.show_event()

    def _show_machines(self, whose: Whose) -> None:
        shown = self.picture.machines.whose
        if self.picture is self.live:
            if shown != whose:
                self.live.machines = MachinesAnswer(whose=whose)
        elif shown != whose:
            self.tell(f"this picture has the machines of {shown} and no others")
        self._came_from = self.chosen
        self.action_pane("machines")
        self.renew()

    def action_out(self) -> None:
        """Drop the filter, else go back where one came from."""
        if self.pane.listing.filter:
            self.pane.listing.set_filter("")
        elif self.alone:
            self.alone = False
        elif self.chosen in {"machines", "events"}:
            self.chosen = self._came_from
        self.draw()

    def action_enlarge(self) -> None:
        """Give the pane the whole screen, or take that back."""
        self.alone = not self.alone
        self.draw()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.pane.listing.sort()
        self.draw()

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.pane.listing.reverse()
        self.draw()

    def action_ended(self) -> None:
        """Show the last ended machines too, or not any more."""
        self.asking.ended = 0 if self.asking.ended else ENDED_SHOWN
        self.ask_machines()

    def on_pane_pressed(self, message: Pane.Pressed) -> None:
        """Choose what was clicked."""
        if message.place is not None:
            message.pane.listing.choose(message.place)
        self.action_pane(message.pane.kind.name)
        if message.again and message.place is not None:
            self.action_into()

    def on_pane_wheeled(self, message: Pane.Wheeled) -> None:
        """Move in the pane under the wheel."""
        message.pane.listing.move(message.lines)
        self.draw()

    # --- the filter ---------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Ask for words."""
        line = self.query_one("#filter", Input)
        line.value = self.pane.listing.filter
        line.add_class("open")
        line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        if event.input.id == "filter" and event.input.has_class("open"):
            self.pane.listing.set_filter(event.value.strip())
            self.draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter."""
        if event.input.id == "filter":
            self._close_filter()

    def on_key(self, event: events.Key) -> None:
        """Drop the filter when Esc is pressed in its line."""
        typing = any(line.has_focus for line in self.query("#filter"))
        if typing and event.key == "escape":
            self.pane.listing.set_filter("")
            self._close_filter()
            event.stop()

    def _close_filter(self) -> None:
        line = self.query_one("#filter", Input)
        if line.has_class("open"):
            line.remove_class("open")
            self.set_focus(None)
            self.draw()
