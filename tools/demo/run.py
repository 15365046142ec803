"""The demo from start to end: servers, a space, the story, and the books in the end.

Rules of this file: it ends all that it started, whatever ended it; Ctrl-C, SIGTERM and a closed terminal
set one flag that everything looks at, so nothing is torn down twice or half. What stays is the picture
and the summary.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tools.demo import books
from tools.demo.audit import Told
from tools.demo.models import MODELS, Ground
from tools.demo.picture import picture
from tools.demo.preview import COLUMNS_MAX, drawable, preview
from tools.demo.screen import Screen, screen
from tools.demo.server import serving
from tools.demo.story import Deed, Facts, Story
from tools.demo.summary import summary, verdict
from tools.demo.work import Work
from tools.space import Space
from vacnet.console import tables

OUT = Path("demo-out")
TICK_SECONDS = 0.5
BROKEN_FACTORY = 3
"""Where `faulty` fails; the last one where there are fewer."""
TILES_PER_FACTORY = 60
"""Two batches of them take each half a minute or so with four processors a factory."""
INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the custom of shells."""
LINE_CELLS_MAX = 1 << 16
"""Where nobody looks through a window, lines are not broken."""

_PIPE = """\
[pipes.demo]
vacuum_pipe_url = "{address}/vacuum-pipe.json"
target_share = 1
{pipe}

[targets.demo-faulty]
user_data_option_broken_on = "factory{broken}.{space}.example"
{more}
"""
_INTERRUPTED = "Interrupted: machines that still ran were ended and have no outcome in the records."
_DRAIN = "[factory]\ndraining = true\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What can be chosen."""

    model: str = "process"
    """Of the machines: a key of `MODELS`."""
    factories: int = 3
    seed: int = 1
    tiles: int = 0
    """0: as many as fit the number of factories."""
    processors: int = 4
    patience: float = 1.0
    """How many times longer than usual may pass until what is told of is seen: for a busy host."""
    out: Path = OUT


@dataclass(frozen=True, slots=True)
class Place:
    """Where a demo is."""

    directory: Path
    server: str
    """Address of its server."""
    ground: Ground


def run(options: Options) -> int:
    """Run the demo and return its exit code: 0 when the records agree, 130 when it was interrupted.

    Raises:
        ModelError: this host cannot make machines of the model.
    """
    leave = _leave_event()
    tiles = options.tiles or TILES_PER_FACTORY * options.factories
    work = Work(picture(options.seed, tiles))
    directory = Path(tempfile.mkdtemp(prefix="vacnet-demo-"))
    try:
        with MODELS[options.model](directory) as ground, serving(work, ground.address) as address:
            return _in_space(options, work, Place(directory, address, ground), leave)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _in_space(options: Options, work: Work, place: Place, leave: threading.Event) -> int:
    space = _space(options, place)
    try:
        with screen(work.canvas) as shown:
            failure = _tell(space, work, shown, leave, options.patience * place.ground.patience)
        space.stop()
        return _close(options, space, work, failure=failure, interrupted=leave.is_set())
    finally:
        space.down()


def _space(options: Options, place: Place) -> Space:
    name, broken = place.ground.space, min(BROKEN_FACTORY, options.factories)
    fragment = _PIPE.format(
        address=place.server, space=name, broken=broken, pipe=place.ground.pipe, more=place.ground.more
    )
    return Space.make(
        place.directory, options.factories, name=name, processors=options.processors, fragment=fragment
    )


def _tell(space: Space, work: Work, shown: Screen, leave: threading.Event, patience: float) -> str:
    """Start the factories and tell the story until it ends or somebody leaves; return what failed."""
    for member in space.members:
        member.start()
    story, start = Story(patience=patience), time.monotonic()
    deeds = _deeds(space, work)
    while not story.ended and not leave.is_set():
        facts = _look(space, work)
        deed = story.look(facts, time.monotonic())
        if deed is not None:
            deeds[deed]()
            facts = _look(space, work)
            story.tell(facts)
        shown.show(facts, story.caption, time.monotonic() - start)
        leave.wait(TICK_SECONDS)
    return story.failure


def _deeds(space: Space, work: Work) -> dict[Deed, Callable[[], object]]:
    return {
        Deed.NOTHING: lambda: None,
        Deed.FIRST_BATCH: lambda: work.add_batch(0),
        Deed.SECOND_BATCH: lambda: work.add_batch(1),
        Deed.DRAIN: lambda: space.settings("drain", _DRAIN),
    }


def _look(space: Space, work: Work) -> Facts:
    """Ask the first factory that answers; while they start none does."""
    state = next((state for one in space.members if (state := space.state(one.number))), None)
    return Facts(state, len(space.members), work.progress())


def _close(options: Options, space: Space, work: Work, *, failure: str, interrupted: bool) -> int:
    """Print and keep the summary and the picture."""
    kept = books.read((member.name, member.state) for member in space.members)
    told = Told(frozenset(work.takers()), work.turned_away())
    progress = work.progress()
    path = options.out / f"mandelbrot-{options.seed}.png"
    work.canvas.save(path)
    lines = summary(kept, told, f"{progress.done} of {progress.total} tiles done")
    said, agree = ([_INTERRUPTED], False) if interrupted else verdict(kept, told, failure)
    (options.out / "summary.txt").write_text("\n".join([*lines, *said]) + "\n")
    _print(work, [*lines, *said, f"The picture: {path.resolve()}"])
    return INTERRUPTED if interrupted else int(not agree)


def _print(work: Work, lines: list[str]) -> None:
    console = tables.console_for()
    if console.is_terminal and drawable(console):
        console.print(*preview(work.canvas, min(COLUMNS_MAX, console.width)), sep="\n")
    width = console.width if console.is_terminal else LINE_CELLS_MAX
    for line in lines:
        print(textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False))


def _leave_event() -> threading.Event:
    """Return an event that Ctrl-C, SIGTERM and a closed terminal set."""
    leave = threading.Event()

    def leaving(_number: int, _frame: FrameType | None) -> None:
        leave.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leaving)
    return leave
