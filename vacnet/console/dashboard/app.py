"""The dashboard as an application, its last part: keys that tell more, travel in time, and give orders.

Rules of this file: a key acts on what is known and returns at once; what has to be asked is asked by a
worker, whose answer opens when it comes. Every `action_` stands in the table of `grammar`, and nothing else.
"""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from vacnet.console import factory_cells, glyphs, target_cells, why_words
from vacnet.console.cell_text import text_of
from vacnet.console.dashboard import grammar, happenings, orders
from vacnet.console.dashboard.kinds import as_json
from vacnet.console.dashboard.moving import Moving
from vacnet.console.dashboard.popups import LinePopup, TextPopup
from vacnet.factory.client import ClientError, EventState, FactoryState, MachineState, TargetState

TAKEN = ("tab", "shift+tab")
"""Keys that textual would take to go through its widgets."""
LOG_LINES = 500


class Dashboard(Moving):
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
        if not isinstance(machine, MachineState) or self._is_simulated("no machine writes a log"):
            return
        if machine.factory not in {"", self.picture.here}:
            command = ("vacnet", "logs", machine.id, "--tail", str(LOG_LINES), "-f")
            self._open_text(f"log of {machine.name}", _elsewhere(machine.factory, shlex.join(command)))
            return
        title = f"log of {machine.name}, its last lines"
        self._open(title, lambda: _log(self.source.log_tail(machine.id, LOG_LINES)), at_end=True)

    def action_raw(self) -> None:
        """Show all that is known of the chosen thing."""
        thing = self.pane.listing.chosen
        if thing is not None:
            self.push_screen(TextPopup(self.pane.kind.name_of(thing), as_json(thing)))

    def show_event(self) -> None:
        """Show the chosen event or decision, whole."""
        thing = self.pane.listing.chosen
        if isinstance(thing, EventState):
            self._open_text(thing.name, happenings.text_of(thing, self._columns()))

    def action_warnings(self) -> None:
        """Show all warnings whole: the header has room for two."""
        told = "\n\n".join(text_of(cell).plain for cell in self.warnings())
        self._open_text("Warnings", told or "There are none.")

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

    def _is_simulated(self, so: str) -> bool:
        """Tell, where this is a simulation, what follows from that."""
        if self.options.simulated:
            self.tell(f"this space is simulated: {so}")
        return self.options.simulated

    def _open_text(self, title: str, text: str) -> None:
        self.push_screen(TextPopup(title, text))

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
        if self.travel.picture is not None:
            self.tell("the past is frozen; t goes back to now")
            return
        self.frozen = None if self.frozen else self.live.frozen()
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
        if self._is_simulated("there is nobody to order"):
            return
        if order.where not in {"", self.picture.here}:
            self._open_text(order.title, _elsewhere(order.where, order.command()))
        elif not self.options.write:
            words = "This screen only reads. Start it with `vacnet space --write`, or run"
            command = f"{order.command()} {shlex.join(self.options.asked)}".rstrip()
            self._open_text(order.title, f"{words}\n\n    {command}")
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
