"""The dashboard as an application, its other half: what each key does.

Rules of this file: a key acts on what is known and returns at once; what has to be asked is asked by a
worker, whose answer opens when it comes. Every `action_` stands in the table of `grammar`, and nothing else.
"""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from vacnet.console import factory_cells, glyphs, target_cells, why_words
from vacnet.console.dashboard import grammar, orders
from vacnet.console.dashboard.kinds import as_json
from vacnet.console.dashboard.pane import Pane
from vacnet.console.dashboard.picture import MachinesAnswer, Whose
from vacnet.console.dashboard.popups import LinePopup, TextPopup
from vacnet.console.dashboard.screen import Screenful, frozen
from vacnet.factory.client import ClientError, FactoryState, MachineState, TargetState

TAKEN = ("tab", "shift+tab")
"""Keys that textual would take to go through its widgets."""
LOG_LINES = 500
ENDED_SHOWN = 50


class Dashboard(Screenful):
    """The whole site in one terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key.keys, key.action, key.words, show=False, priority=key.keys in TAKEN)
            for key in grammar.KEYS
        ),
        Binding("ctrl+c", "leave", "end", show=False, priority=True),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is for here and now: a key that is not does nothing."""
        if action not in grammar.ACTIONS:
            return super().check_action(action, parameters)
        if len(self.screen_stack) > 1:
            return action == "leave"
        past = self.travel.picture is not None
        return any(key.name == action for key in grammar.active(self.chosen, past=past))

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
        elif thing is not None:
            self.action_raw()

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

    _came_from = "factories"

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

    def on_key(self, event: object) -> None:
        """Drop the filter when Esc is pressed in its line."""
        line = self.query("#filter").first(Input) if self.query("#filter") else None
        if line is not None and line.has_focus and getattr(event, "key", "") == "escape":
            self.pane.listing.set_filter("")
            self._close_filter()
            event.stop()  # type: ignore[attr-defined]

    def _close_filter(self) -> None:
        line = self.query_one("#filter", Input)
        if line.has_class("open"):
            line.remove_class("open")
            self.set_focus(None)
            self.draw()

    # --- reading more -------------------------------------------------------------------------------------

    def action_why(self) -> None:
        """Prove why the chosen target is or is not started."""
        target = self._target()
        if target is None:
            self.tell("w is about a target: choose one, or a machine of one")
        elif self.travel.picture is not None:
            at = int(self.travel.made)
            self._open(
                f"why {target}", lambda: why_words.past(self.source.decision(at), target, self._columns())
            )
        else:
            self._open(f"why {target}", lambda: why_words.proof(self.source.why(target).why, self._columns()))

    def _columns(self) -> int:
        return max(40, self.size.width - 4)

    def _target(self) -> str | None:
        """Return the target that the chosen thing is about."""
        thing = self.pane.listing.chosen
        if isinstance(thing, TargetState):
            return thing.name
        if isinstance(thing, MachineState):
            return thing.target
        if thing is not None and not isinstance(thing, FactoryState):
            return str(thing.fields.get("target") or "") or None
        chosen = self.panes["targets"].listing.chosen
        return chosen.name if chosen is not None else None

    def action_log(self) -> None:
        """Show the console log of the chosen machine."""
        machine = self.pane.listing.chosen
        if not isinstance(machine, MachineState):
            return
        if machine.factory not in {"", self.picture.here}:
            command = shlex.join(("vacnet", "logs", machine.id, "--tail", str(LOG_LINES), "-f"))
            self.push_screen(TextPopup(f"log of {machine.name}", _elsewhere(machine.factory, command)))
            return
        title = f"log of {machine.name}, its last lines"
        self._open(title, lambda: _log(self.source.log_tail(machine.id, LOG_LINES)), at_end=True)

    def action_raw(self) -> None:
        """Show all that is known of the chosen thing."""
        thing = self.pane.listing.chosen
        if thing is not None:
            self.push_screen(TextPopup(self.pane.kind.name_of(thing), as_json(thing)))

    def action_copy(self) -> None:
        """Copy the name of the chosen thing."""
        thing = self.pane.listing.chosen
        if thing is not None:
            name = self.pane.kind.name_of(thing)
            self.copy_to_clipboard(name)
            self.tell(f"copied {name}")

    def action_keys(self) -> None:
        """Show what each key does here."""
        past = self.travel.picture is not None
        told = "\n".join((*grammar.told(self.chosen, past=past), "", *_signs()))
        shown = glyphs.ascii_only(told) if self.options.ascii_signs else told
        self.push_screen(TextPopup(f"Keys in {self.pane.kind.title.lower()}", shown))

    def _open(self, title: str, question: Callable[[], str], *, at_end: bool = False) -> None:
        """Open what a question answers, when it does; what it does not answer is told in its place."""

        def asked() -> None:
            try:
                text = question()
            except ClientError as error:
                text = error.words
            self.call_from_thread(self.push_screen, TextPopup(title, text or "(nothing)", at_end=at_end))

        self.run_worker(asked, thread=True)

    # --- time ---------------------------------------------------------------------------------------------

    def action_freeze(self) -> None:
        """Freeze the picture, or go on."""
        self.frozen = None if self.frozen else frozen(self.live)
        self.frozen_at = self.live.space.time
        self.renew()

    def action_travel(self) -> None:
        """Go into the past, or back to now."""
        if self.travel.picture is not None:
            self.workers.cancel_group(self, "travel")
            self.travel.leave()
            self.renew()
            return
        at = self.frozen_at if self.frozen else self.live.space.time
        self._travel_to(at)

    def _travel_to(self, at: float) -> None:
        self._travelling(lambda: self.travel.go(at))

    def _travelling(self, way: Callable[[], Awaitable[str]]) -> None:
        async def gone() -> None:
            async with self.travel.busy:
                trouble = await way()
            if trouble:
                self.tell(trouble)
            self.renew()

        self.run_worker(gone(), group="travel")

    def action_step(self, by: int) -> None:
        """Show the next picture, or the one before."""
        self._travelling(lambda: self.travel.step(by))

    def action_jump(self, seconds: int) -> None:
        """Show the picture so long before or after."""
        self._travelling(lambda: self.travel.jump(seconds))

    def action_play(self) -> None:
        """Play, or stop."""
        self.travel.playing = not self.travel.playing
        self.draw()

    def action_go(self) -> None:
        """Ask for a time and go there."""

        def wrong(text: str) -> str:
            try:
                self.options.past_moment(text)
            except ValueError as error:
                return str(error)
            return ""

        def gone(text: str | None) -> None:
            if text:
                self._travel_to(self.options.past_moment(text))

        self.push_screen(LinePopup("Go to a time", "03:10, 2h (ago) or 2026-11-24T03:10", wrong), gone)

    # --- orders -------------------------------------------------------------------------------------------

    def action_hold(self) -> None:
        """Hold the chosen target, or let go of it."""
        thing = self.pane.listing.chosen
        if isinstance(thing, TargetState):
            self._order(orders.hold(thing, self.options.who))

    def action_drain(self) -> None:
        """Drain the chosen factory, or take that back."""
        thing = self.pane.listing.chosen
        if isinstance(thing, FactoryState):
            self._order(orders.drain(thing, self.options.who))

    def action_stop(self) -> None:
        """Stop the chosen machine."""
        thing = self.pane.listing.chosen
        if isinstance(thing, MachineState):
            self._order(orders.stop(thing, self.options.who))

    def _order(self, order: orders.Order) -> None:
        if order.where not in {"", self.picture.here}:
            self.push_screen(TextPopup(order.title, _elsewhere(order.where, order.command())))
        elif not self.options.write:
            words = "This screen only reads. Start it with `vacnet space --write`, or run"
            self.push_screen(TextPopup(order.title, f"{words}\n\n    {order.command()}"))
        else:
            why, wrong = (" Why?", _no_reason) if order.needs_reason else ("", _nothing)
            asked = LinePopup(order.title, f"{order.consequence}{why}", wrong)
            self.push_screen(asked, lambda told: None if told is None else self._give(order, told))

    def _give(self, order: orders.Order, reason: str) -> None:
        self._open(order.title, lambda: order.give(self.source, reason))

    def action_leave(self) -> None:
        """End."""
        self.exit()


def _no_reason(text: str) -> str:
    return "" if text else "A reason, please: everybody who sees it will ask."


def _nothing(_text: str) -> str:
    return ""


def _signs() -> Iterator[str]:
    """Yield what the signs of the panes mean."""
    targets = "   ".join(cell.text for cell in target_cells.legend())
    moods: dict[str, list[str]] = {}
    for mood in reversed(factory_cells.MOODS):
        moods.setdefault(mood.glyph, []).append(mood.name)
    yield f"{'targets':<12}{targets}"
    for number, (glyph, names) in enumerate(moods.items()):
        yield f"{'' if number else 'factories':<12}{glyph} {', '.join(names)}"
    yield f"{'':<12}{factory_cells.HIGH} high load   ? the last heard, and no longer known"


def _elsewhere(factory: str, command: str) -> str:
    return f"That is for {factory} to do. On its host run\n\n    {command}"


def _log(chunk: bytes) -> str:
    return chunk.decode("utf-8", "backslashreplace").strip("\n")
