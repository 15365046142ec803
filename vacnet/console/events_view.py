"""The events of a factory: `vacnet logs` without a machine, one line an event.

Rules of this file: names are the stable ones of the log; fields stand as `key=value`, quoted where
they hold blanks, so that a line can be searched and split; a warning has its sign.
"""

from __future__ import annotations

import json

from vacnet.console import words
from vacnet.console.model import Cell, Span, Tone
from vacnet.factory.client import EventState


def event_line(event: EventState) -> Cell:
    """Return one event as one line, for a log that goes on."""
    sign = Span("! ", Tone.WARN) if event.warning else Span("  ")
    return Cell(
        (
            Span(words.moment(event.time), Tone.FAINT),
            Span(" "),
            sign,
            Span(words.clean(event.name), Tone.STRONG),
            Span(f" {fields_of(event)}"),
        )
    )


def fields_of(event: EventState) -> str:
    """Return what an event tells, as `key=value`."""
    return " ".join(f"{words.clean(key)}={_value(value)}" for key, value in event.fields.items())


def _value(value: object) -> str:
    """Return a value as one word, or quoted as JSON does it, so that it can be read back."""
    bare = isinstance(value, str) and value.isprintable() and not set(value) & set(' "=')
    return str(value) if bare and value else words.clean(json.dumps(value, ensure_ascii=False))
