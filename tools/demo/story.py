"""The demo's story: what one sees, phase after phase, and what is done when a phase begins.

Rules of this file: pure; a phase ends when what it tells of has been seen. What is not seen within
`seconds_max`, counted anew with each tile that is rendered (a slow host is no failure), is not told as
if it had been: the story breaks off, says so, and closes. The only deeds are those of a site's world, not
of the space: work enters the queue, and in the end the admin drains. Everything else the space does by
itself.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from tools.demo.work import Progress
from vacnet.factory.client import SpaceState, TargetState

WORKER = "demo-mandelbrot"
WINDOWS_TO_SEE = 2
"""Back-off windows that are watched to their probe before the second batch comes."""
NEARLY = 0.75
"""Of its share: then a target has what it is due, for machines come and go."""


class Deed(enum.Enum):
    """What happens in the world outside when a phase begins."""

    NOTHING = enum.auto()
    FIRST_BATCH = enum.auto()
    SECOND_BATCH = enum.auto()
    DRAIN = enum.auto()


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be seen now: one factory's view of the space, and the queue."""

    state: SpaceState | None
    """None while no factory answers."""
    factories: int
    progress: Progress

    @property
    def worker(self) -> TargetState | None:
        """Return the target that takes its work from the queue."""
        return self.target(WORKER)

    def target(self, name: str) -> TargetState | None:
        """Return a target by its name."""
        targets = self.state.targets if self.state else ()
        return next((target for target in targets if target.name == name), None)

    def live(self) -> int:
        """Return how many factories are seen live."""
        return sum(one.state == "live" for one in self.state.factories) if self.state else 0

    def machines(self) -> int:
        """Return how many machines there are in the whole space."""
        if self.state is None:
            return 0
        return sum(one.machines_running + one.machines_starting for one in self.state.factories)


@dataclass(frozen=True, slots=True)
class Phase:
    """One row of the story."""

    name: str
    words: str
    over: Callable[[Facts, Facts], bool]
    """Told the facts at its beginning and now."""
    seconds_max: float
    deed: Deed = Deed.NOTHING


def _all_meet(_: Facts, now: Facts) -> bool:
    return now.live() >= now.factories and now.worker is not None


def _work_found(_: Facts, now: Facts) -> bool:
    return now.progress.takers > 1 or _all_rendered(now)


def _share_met(begin: Facts, now: Facts) -> bool:
    """Small work may be gone before the share is met: then there is no more to see."""
    worker = now.worker
    met = worker is not None and worker.got >= NEARLY * worker.share
    return (met and now.progress.takers > now.factories) or _queue_empty(begin, now)


def _queue_empty(_: Facts, now: Facts) -> bool:
    return now.progress.waiting == 0


def _backing_off(_: Facts, now: Facts) -> bool:
    return now.worker is not None and now.worker.state == "back-off"


def _windows_seen(begin: Facts, now: Facts) -> bool:
    if begin.worker is None or now.worker is None:
        return False
    return now.worker.window_number >= begin.worker.window_number + WINDOWS_TO_SEE


def _grown_again(begin: Facts, now: Facts) -> bool:
    return now.progress.takers > begin.progress.takers + 1 or _all_rendered(now)


def _all_rendered(now: Facts) -> bool:
    """Tell whether whatever was in the queue is done; something was."""
    return now.progress.drained and now.progress.done > 0


def _all_done(_: Facts, now: Facts) -> bool:
    return now.progress.drained and now.worker is not None and now.worker.machines_running == 0


def _nothing_runs(_: Facts, now: Facts) -> bool:
    return now.state is not None and now.machines() == 0


STORY: tuple[Phase, ...] = (
    Phase(
        "meeting",
        "{factories} factories start. Factory 1 stands in the others' peer lists, nobody in its own: "
        "one line on one side is enough, and all of them meet.",
        _all_meet,
        30,
    ),
    Phase(
        "probing",
        "Work enters the queue: the left half of a picture, {waiting} tiles. Whether there is work nobody "
        "knows, so of all factories one sends one machine to look.",
        _work_found,
        20,
        Deed.FIRST_BATCH,
    ),
    Phase(
        "growing",
        "It found work. Each machine that does lets the space start two more: no factory asks another, "
        "each sees the same table and draws the same conclusion.",
        _share_met,
        25,
    ),
    Phase(
        "shares",
        "Each target has its share of all processors as far as it has work. `idle` never has any; "
        "`faulty` fails on one factory, which blames itself and leaves it to the others.",
        _queue_empty,
        40,
    ),
    Phase(
        "draining queue",
        "The queue is empty: no tile of the left half waits any more. Machines hand in their last ones; the "
        "first that hears `300 no more work` stops new ones in the whole space.",
        _backing_off,
        25,
    ),
    Phase(
        "back-off",
        "Back-off. When a window ends, one machine in the whole space looks for work, finds none, and "
        "the next window is twice as long. What is free goes to those who have work.",
        _windows_seen,
        40,
    ),
    Phase(
        "second batch",
        "The right half of the picture enters the queue. Nobody is told: the next probe finds it.",
        _grown_again,
        45,
        Deed.SECOND_BATCH,
    ),
    Phase(
        "growing again",
        "The probe found work, and the space grows again.",
        _all_done,
        40,
    ),
    Phase(
        "closing",
        "The picture is done. The admin drains all factories: what runs ends in its own time, and "
        "nothing new starts.",
        _nothing_runs,
        30,
        Deed.DRAIN,
    ),
)


_BROKEN_OFF = "That did not happen within {seconds:.0f} s, so the demo ends here: all factories drain."


class Story:
    """Where the story is."""

    def __init__(self, phases: tuple[Phase, ...] = STORY, patience: float = 1.0) -> None:
        """Stand before the first phase; `patience` times `seconds_max` may each of them last."""
        self._phases = phases
        self._patience = patience
        self._index = -1
        self._begin: Facts | None = None
        self._done = 0
        self._since = 0.0
        """When the phase began or a tile was rendered last."""
        self.caption = ""
        """What to read now."""
        self.failure = ""
        """What was to be seen and was not; empty: all was."""

    @property
    def ended(self) -> bool:
        """Tell whether the last phase is over."""
        return self._index >= len(self._phases)

    def look(self, facts: Facts, now: float) -> Deed | None:
        """Go on if the phase is over: return what the new one does; None while nothing changes."""
        if facts.progress.done != self._done:
            self._done, self._since = facts.progress.done, now
        following = self._following(facts, now)
        if following == self._index:
            return None
        self._index, self._begin, self._since = following, facts, now
        return None if self.ended else self._phases[self._index].deed

    def tell(self, facts: Facts) -> None:
        """Write the caption of the phase that just began, with the numbers as its deed left them."""
        if not self.ended and not self.failure:
            words = self._phases[self._index].words
            self.caption = words.format(factories=facts.factories, waiting=facts.progress.waiting)

    def _following(self, facts: Facts, now: float) -> int:
        """Return which phase it is from now on."""
        if self._begin is None or self.ended:
            return max(self._index, 0)
        phase = self._phases[self._index]
        longest = phase.seconds_max * self._patience
        if phase.over(self._begin, facts):
            return self._index + 1
        if now - self._since <= longest:
            return self._index
        self.failure = self.failure or f"the phase '{phase.name}' was not over after {longest:.0f} s"
        self.caption = _BROKEN_OFF.format(seconds=longest)
        return max(self._index + 1, len(self._phases) - 1)
