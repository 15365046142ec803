"""The settings in force: `vacnet config show`, one line a value, as it would be written.

Rules of this file: what an admin wrote stands out, what is built in steps back; nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterable

from vacnet.console import words
from vacnet.console.model import Column, Row, Sheet, Tone, View, say
from vacnet.targets import show

COLUMNS = (
    Column(key="key", title="KEY"),
    Column(key="value", title="value", below=True, leaves=2, width=24),
    Column(key="place", title="from", leaves=1, below=False),
)


def settings_view(rows: Iterable[show.Row]) -> View:
    """Return the view of all values in force."""
    return View(sheets=(Sheet(columns=COLUMNS, rows=tuple(_row(row) for row in rows)),))


def _row(row: show.Row) -> Row:
    built_in = row.place == show.BUILT_IN
    cells = {
        "key": say(words.clean(row.key), Tone.FAINT if built_in else Tone.STRONG),
        "value": say(words.clean(row.value), Tone.FAINT if built_in else Tone.PLAIN),
        "place": say(words.clean(row.place), Tone.FAINT if built_in else Tone.PLAIN),
    }
    return Row(cells=cells)
