"""The two lines at the bottom: what the chosen thing is, whole, and which keys are for it.

Rules of this file: pure functions. A key that is not for here and now is not named.
"""

from __future__ import annotations

from typing import Any

from rich.text import Text

from vacnet.console import words
from vacnet.console.cell_text import STYLES
from vacnet.console.dashboard import grammar, orders
from vacnet.console.dashboard.drawing import cut
from vacnet.console.dashboard.kinds import Kind
from vacnet.console.model import Tone

MARGINS = 5
"""Columns beside the keys and what may be done: at both ends, and between the two."""
GAP = "   "
"""Between two keys."""


def thing_line(kind: Kind, thing: Any, trouble: str, width: int) -> Text:
    """Return what the chosen thing is; why its pane is not of now, where it is not."""
    if trouble:
        return Text(cut(f"! {words.clean(trouble)}", width), style=STYLES[Tone.WARN])
    told = "" if thing is None else kind.words_of(thing)
    return Text(cut(f"  {words.clean(told)}", width), style="italic")


def keys_line(kind: Kind, thing: Any, width: int, *, past: bool, write: bool) -> Text:
    """Return the keys that have room, and whether orders can be given."""
    told = grammar.footer(kind.name, past=past, write=write, undoes=orders.undoes(thing))
    right = "orders allowed" if write else "read-only"
    line, room = "", width - len(right) - MARGINS
    for part in told:
        longer = f"{line}{GAP}{part}"
        line = longer if line and len(longer) <= room else line or part
    return Text.assemble(
        (f" {line}".ljust(max(0, width - len(right) - 1)), "reverse"), (f"{right} ", "reverse dim")
    )
