"""The dashboard as an application, its drawing half: panes, header, footer, and when they are drawn anew.

Rules of this file: glue. What is asked is `asking`'s, what is drawn `head`'s, `drawing`'s and `foot`'s, what
a pane tells of its answers `status`'s, how high it is `geometry`'s. Nothing waits for an answer: what is
known is drawn, and drawn again when more is known. What the keys do is the other half, `app`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.widgets import Input

from vacnet.console import tables, target_cells, words
from vacnet.console.cell_text import wrapped
from vacnet.console.dashboard import foot, head, status
from vacnet.console.dashboard.asking import Asking
from vacnet.console.dashboard.geometry import HEADING_LINES, OVERVIEW, heights, panes_shown
from vacnet.console.dashboard.head import Mode
from vacnet.console.dashboard.kinds import KINDS, Moment
from vacnet.console.dashboard.options import Options
from vacnet.console.dashboard.pane import Lines, Pane
from vacnet.console.dashboard.picture import MachinesAnswer, Picture, Whose
from vacnet.console.dashboard.source import Source
from vacnet.console.dashboard.travel import Travel
from vacnet.console.freshness import late_by
from vacnet.console.model import Cell, View
from vacnet.factory.client import SpaceState

REFRESH_SECONDS = 1.0
"""As often as factories tell each other that they live."""
MACHINES_SECONDS = 3.0
"""Asked over the network, so less often; the heading tells the answer's age."""
DELAY_SECONDS = 10.0
WARNING_LINES = 2
"""Of each warning on a screen of `WARNED_WHOLE_LINES` and more, and of one alone; `!` shows them whole."""
WARNED_WHOLE_LINES = 34
LEAVING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
"""They give the terminal back as it was; Ctrl-C is a key here."""
FRAME_LINES = 4
"""Of header and footer, about."""
THREADS_MAX = 32
"""More than are ever asked at once: who is slow to answer keeps nobody else waiting."""
FOOT_LINES = 2
LOW_SCREEN_LINES = 8
"""On a lower one there is no room for a footer."""
STYLE_SHEET = """
Screen { layout: vertical; overflow: hidden; background: ansi_default; color: ansi_default; }
Lines { height: 1; width: 100%; }
#filter { dock: bottom; height: 1; border: none; padding: 0 1; display: none; background: ansi_default; }
#filter.open { display: block; }
TextPopup { background: ansi_default; }
LinePopup { align: center middle; background: transparent; }
#paper { width: 100%; height: 100%; padding: 0 1; }
#paper-title { height: 1; }
#paper-body { height: 1fr; scrollbar-size-vertical: 1; }
#question { width: 90%; max-width: 100; height: auto; }
#question { border: round ansi_bright_black; padding: 0 1; background: ansi_default; }
#question-line { border: none; height: 1; padding: 0; background: ansi_default; }
"""


class Screenful(App[None]):
    """Draws what is known of a space, and has it asked anew."""

    CSS: ClassVar[str] = STYLE_SHEET
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    AUTO_FOCUS: ClassVar[str] = ""
    TITLE = "vacnet space"

    def __init__(self, source: Source, first: SpaceState, options: Options) -> None:
        """Show `first`, and whatever `source` answers after it."""
        super().__init__(ansi_color=True)
        self.source, self.options = source, options
        whose = Whose(factory=first.factory)
        self.live = Picture(space=first, machines=MachinesAnswer(whose=whose))
        self.frozen: Picture | None = None
        self.frozen_at = 0.0
        self.asking = Asking(source, self.live, options.clock)
        self.travel = Travel(source)
        self.chosen = "targets"
        self.alone = False
        self._stand: tuple[str, ...] = ()
        self._heights: dict[str, int] = {}
        self.panes = {
            kind.name: Pane(kind, number, ascii_signs=options.ascii_signs)
            for number, kind in enumerate(KINDS.values(), 1)
        }
        self._parts = {
            name: Lines(ascii_signs=options.ascii_signs, name=name) for name in ("head", "words", "foot")
        }

    # --- what there is ------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """Return what is shown: the past, a frozen picture, or the newest."""
        return self.travel.picture or self.frozen or self.live

    @property
    def mode(self) -> Mode:
        """Return of when that is."""
        simulated = self.options.simulated
        if self.travel.picture:
            name = "PLAYING" if self.travel.playing else "PAST"
            return Mode(name=name, since=self.travel.made, simulated=simulated)
        if self.frozen:
            return Mode(name="FROZEN", since=self.frozen_at, simulated=simulated)
        return Mode(simulated=simulated)

    @property
    def pane(self) -> Pane:
        """Return the pane to which the keys go."""
        return self.panes[self.chosen]

    def compose(self) -> ComposeResult:
        """Lay out what there is, from above."""
        yield self._parts["head"]
        yield from self.panes.values()
        yield self._parts["words"]
        yield self._parts["foot"]
        yield Input(id="filter", placeholder="words that must stand there, !word must not")

    def on_mount(self) -> None:
        """Draw what is known, and begin to ask."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS_MAX))
        for number in LEAVING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self.renew()
        self.set_interval(REFRESH_SECONDS, self._ask_space)
        self.set_interval(MACHINES_SECONDS, self.ask_machines)
        self.set_interval(DELAY_SECONDS, self._ask_delay)
        self.ask_machines()
        self._ask_delay()
        self._ask_events()

    def on_resize(self) -> None:
        """Draw for another size."""
        self.draw()

    # --- asking -------------------------------------------------------------------------------------------

    def _ask_space(self) -> None:
        if self.travel.picture:
            if self.travel.playing:
                self.run_worker(self._play(), group="travel")
            return
        self.run_worker(self._renewed(self.asking.space))
        self._ask_events()

    def _ask_events(self) -> None:
        self.run_worker(self._renewed(self.asking.events))

    def _ask_delay(self) -> None:
        self.run_worker(self._renewed(self.asking.delay))

    def ask_machines(self) -> None:
        """Ask for the machines that are shown, if any are."""
        if "machines" in self._stand and not self.travel.picture:
            self.run_worker(self._renewed(self.asking.machines))

    async def ask_all(self) -> None:
        """Ask for everything now, and draw it."""
        if self.travel.picture is None:
            await asyncio.gather(self.asking.space(), self.asking.events(), self.asking.machines())
        self.renew()

    async def _renewed(self, ask: Callable[[], Awaitable[bool]]) -> None:
        await ask()
        self.renew()

    async def _play(self) -> None:
        if not self.travel.busy.locked():
            async with self.travel.busy:
                trouble = await self.travel.play_on()
            if trouble:
                self.tell(trouble)
            self.renew()

    def tell(self, told: str) -> None:
        """Show words for a while; they may hold anything."""
        self.notify(words.clean(told), severity="warning", markup=False)

    # --- drawing ------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Take the things of the picture into the panes, and draw them."""
        picture = self.picture
        self.panes["targets"].listing.put(picture.space.targets)
        self.panes["factories"].listing.put(picture.space.factories)
        self.panes["machines"].listing.put(picture.machines.machines)
        self.panes["events"].listing.put(picture.events)
        self.draw()

    def draw(self) -> None:
        """Draw all that can be seen."""
        width, height = self.size
        top = self._head(width)[: max(1, height // 2)]
        frame = FOOT_LINES if height >= LOW_SCREEN_LINES else 0
        moment = self._moment()
        self._place("head", len(top), top)
        self._draw_panes(moment, width, height - len(top) - frame)
        self._place("words", min(1, frame), [self._words(width)])
        self._place("foot", min(1, frame), [self._foot(width)])

    def draw_chosen(self) -> None:
        """Draw the chosen pane, its words and its keys: all that choosing another line changes."""
        width, _ = self.size
        self._draw_pane(self.chosen, self._moment(), width)
        self._parts["words"].show([self._words(width)])
        self._parts["foot"].show([self._foot(width)])

    def _draw_panes(self, moment: Moment, width: int, lines: int) -> None:
        stood, shown = self._stand, self._shown(moment, width)
        self._heights = self._rooms(lines, moment, width, shown)
        self._stand = shown
        for name, pane in self.panes.items():
            pane.display = name in shown
            if pane.display:
                pane.styles.height = self._heights[name]
                self._draw_pane(name, moment, width)
        if "machines" in shown and "machines" not in stood:
            self.ask_machines()

    def _draw_pane(self, name: str, moment: Moment, width: int) -> None:
        told = status.heading(name, self.picture, self._age_of)
        empty = status.empty(name, self.picture)
        lines, chosen = self._heights[name], name == self.chosen
        self.panes[name].draw(moment, width, lines, chosen=chosen, status=told, empty=empty)

    def _place(self, name: str, lines: int, drawn: list[Text]) -> None:
        widget = self._parts[name]  # not asked of textual: an answer may come when it has none any more
        widget.styles.height = lines
        widget.show(drawn)

    def _head(self, width: int) -> list[Text]:
        view = head.header(self.picture, self.mode, self.options.clock())
        facts = [line for line in tables.draw(View(facts=view.facts), width) if line.plain]
        roomy = self.size.height >= WARNED_WHOLE_LINES or len(view.warnings) == 1
        most = WARNING_LINES if roomy else 1
        return [*facts, *(line for cell in view.warnings for line in wrapped(cell, width, "", most))]

    def warnings(self) -> tuple[Cell, ...]:
        """Return all warnings of the picture."""
        return head.warnings(self.picture, self.mode, self.options.clock())

    def _shown(self, moment: Moment, width: int) -> tuple[str, ...]:
        """Return which panes stand: what a filter leaves out keeps its place, or they would come and go."""
        wished = (self.panes[name].lines_wanted(moment, width, filtered=False) for name in OVERVIEW)
        wanted = sum(HEADING_LINES + lines for lines in wished)
        return panes_shown(self.size.height - FRAME_LINES, wanted, self.chosen, alone=self.alone)

    def _rooms(self, lines: int, moment: Moment, width: int, shown: tuple[str, ...]) -> dict[str, int]:
        rows = {name: max(1, len(self.panes[name].listing.shown)) for name in shown}
        more = {name: self.panes[name].lines_wanted(moment, width) - rows[name] for name in shown}
        return heights(lines, rows, more)

    def _moment(self) -> Moment:
        state = self.picture.space
        now = self.options.clock() if self.mode == head.LIVE else state.time
        return Moment(
            now=now, late_seconds=late_by(state.time, now), scale=target_cells.scale_of(state.targets)
        )

    def _age_of(self, at: float) -> str:
        return f"{words.age(max(0.0, self.options.clock() - at))} old" if self.mode.name == "LIVE" else ""

    def _words(self, width: int) -> Text:
        trouble = status.trouble(self.chosen, self.picture)
        return foot.thing_line(self.pane.kind, self.pane.listing.chosen, trouble, width)

    def _foot(self, width: int) -> Text:
        past = self.travel.picture is not None
        chosen = self.pane.listing.chosen
        return foot.keys_line(self.pane.kind, chosen, width, past=past, write=self.options.write)
