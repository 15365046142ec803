"""The keys of the dashboard: one table, which the screen obeys and the footer, `?` and the page print.

Rules of this file: a letter means the same in every pane. A key belongs to panes (none named: to all), and
to times: now, the past, or both. What changes something is marked `orders`; without `--write` it shows the
command that would do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

TARGETS, FACTORIES, MACHINES, EVENTS = "targets", "factories", "machines", "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key and what it does."""

    keys: str
    """As textual names them, several with commas."""
    shown: str
    """As a person reads them."""
    action: str
    """What the screen calls: `action_` and this."""
    words: str
    brief: str = ""
    """For the footer; empty: it does not stand there."""
    undoing: str = ""
    """For the footer where it takes back what holds."""
    panes: tuple[str, ...] = ()
    past: bool | None = None
    """True: only while travelling in time; False: only now; None: always."""
    orders: bool = False

    @property
    def name(self) -> str:
        """Return the action without what it is given."""
        return self.action.partition("(")[0]


KEYS: tuple[Key, ...] = (
    Key(keys="1", shown="1", action="pane('targets')", words="go to the targets"),
    Key(keys="2", shown="2", action="pane('factories')", words="go to the factories"),
    Key(keys="3", shown="3", action="pane('machines')", words="go to the machines"),
    Key(keys="4", shown="4", action="pane('events')", words="go to decisions and events", brief="1-4 pane"),
    Key(keys="tab", shown="Tab", action="next_pane(1)", words="next pane"),
    Key(keys="shift+tab", shown="Shift-Tab", action="next_pane(-1)", words="pane before"),
    Key(keys="down,j", shown="Down j", action="move(1)", words="next line"),
    Key(keys="up,k", shown="Up k", action="move(-1)", words="line before"),
    Key(keys="pagedown", shown="PgDn", action="page(1)", words="a page on"),
    Key(keys="pageup", shown="PgUp", action="page(-1)", words="a page back"),
    Key(keys="home", shown="Home", action="move(-1000000)", words="first line"),
    Key(keys="end", shown="End", action="move(1000000)", words="last line"),
    Key(
        keys="enter",
        shown="Enter",
        action="into",
        words="go in: its machines, a machine's log, a whole event",
        brief="Enter in",
    ),
    Key(keys="escape", shown="Esc", action="out", words="go out, or drop the filter", brief="Esc out"),
    Key(keys="slash", shown="/", action="filter", brief="/ filter",
        words="filter: words that must stand there, !word that must not"),
    Key(keys="s", shown="s", action="sort", words="sort by the next column", brief="s sort"),
    Key(keys="S", shown="S", action="reverse", words="turn the order round"),
    Key(keys="plus", shown="+", action="enlarge", words="this pane alone, and back"),
    Key(keys="w", shown="w", action="why", words="why a target is or is not started", brief="w why"),
    Key(keys="l", shown="l", action="log", words="its console log", brief="l log", panes=(MACHINES,)),
    Key(keys="e", shown="e", action="ended", words="also the last that ended, or not", brief="e ended",
        panes=(MACHINES,)),
    Key(keys="exclamation_mark", shown="!", action="warnings", words="all warnings, whole"),
    Key(keys="y", shown="y", action="raw", words="all that is known of it, as JSON"),
    Key(keys="c", shown="c", action="copy", words="copy its name", brief="c copy"),
    Key(keys="z", shown="z", action="freeze", words="freeze, and go on", brief="z freeze"),
    Key(keys="t", shown="t", action="travel", words="into the past, by this factory's record", brief="t time",
        past=False),
    Key(keys="t", shown="t", action="travel", words="back to now", brief="t now", past=True),
    Key(keys="left_square_bracket", shown="[", action="step(-1)", words="picture before", brief="[ ] step",
        past=True),
    Key(keys="right_square_bracket", shown="]", action="step(1)", words="next picture", past=True),
    Key(keys="left_curly_bracket", shown="{", action="jump(-600)", words="ten minutes back",
        brief="{ } 10 min", past=True),
    Key(keys="right_curly_bracket", shown="}", action="jump(600)", words="ten minutes on", past=True),
    Key(keys="p", shown="p", action="play", words="play, and stop playing", brief="p play", past=True),
    Key(keys="g", shown="g", action="go", words="go to a time: 03:10, 2h (ago), 2026-11-24T03:10",
        brief="g go to", past=True),
    Key(keys="h", shown="h", action="hold", words="hold the target, or let go of it", panes=(TARGETS,),
        past=False, orders=True, brief="h hold", undoing="h release"),
    Key(keys="d", shown="d", action="drain", words="drain the factory, or take that back", panes=(FACTORIES,),
        past=False, orders=True, brief="d drain", undoing="d undrain"),
    Key(keys="x", shown="x", action="stop", words="stop it", panes=(MACHINES,), past=False, orders=True,
        brief="x stop"),
    Key(keys="question_mark", shown="?", action="keys", words="what each key does here", brief="? keys"),
    Key(keys="q", shown="q", action="leave", words="end", brief="q quit"),
)  # fmt: skip


ACTIONS = frozenset(key.name for key in KEYS)
FIRST = ("?", "q")
THEN = ("w", "/", "Enter", "t")
"""Of the keys that are so everywhere: what is looked for first."""


def active(pane: str, *, past: bool) -> Iterator[Key]:
    """Yield the keys that do something here and now."""
    for key in KEYS:
        if (not key.panes or pane in key.panes) and key.past in {None, past}:
            yield key


def footer(pane: str, *, past: bool, write: bool, undoes: str = "") -> Iterator[str]:
    """Yield the words of the footer, what matters most here first, whatever is cut.

    Of the chosen thing, the order `undoes` would be taken back; empty: none would.
    """
    here = [key for key in active(pane, past=past) if key.brief and (write or not key.orders)]
    for key in sorted(here, key=_rank):
        yield key.undoing if undoes and key.name == undoes else key.brief


def told(pane: str, *, past: bool) -> Iterator[str]:
    """Yield a line for each key that does something here and now, what is special first."""
    for key in sorted(active(pane, past=past), key=lambda key: not _is_special(key)):
        yield f"{key.shown:<12}{key.words}{' (with --write)' if key.orders else ''}"


def _is_special(key: Key) -> bool:
    return bool(key.panes) or key.past is True


def _rank(key: Key) -> int:
    """Put what is special here before what is so everywhere."""
    special = "special"
    order = (*FIRST, special, *THEN)
    name = special if _is_special(key) and key.shown not in THEN else key.shown
    return order.index(name) if name in order else len(order)
