"""What happened, as the fourth pane tells it: events of the record, and decisions as if they were such.

Rules of this file: pure functions. What an admin looks for stands first, for a narrow line is cut at its end.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import msgspec

from vacnet.console import events_view, words
from vacnet.factory.client import DecisionState, EventState

DECISION = "decision"
FIRST_FIELDS = ("target", "outcome", "message", "why", "factory", "machine")
"""What an admin looks for in an event, before the rest of its fields."""


def words_of(event: EventState) -> str:
    """Return what an event tells, what matters first: a narrow line is cut at its end."""
    fields = event.fields
    if event.name == DECISION:
        return f"{words.clean(str(fields['chose']))}: {words.clean(str(fields['why']))}"
    ranked = sorted((key for key in fields if key != "id"), key=_rank_of)
    return events_view.fields_of(msgspec.structs.replace(event, fields={key: fields[key] for key in ranked}))


def text_of(event: EventState, width: int) -> str:
    """Return an event whole, to be read: when, what, and each field on lines of its own."""
    fields = event.fields
    if event.name == DECISION:
        told = [f"chosen: {fields['chose']}", *str(fields["why"]).split("; ")]
    else:
        told = [f"{key}: {fields[key]}" for key in sorted(fields, key=_rank_of)]
    lines = (textwrap.wrap(words.clean(line), width, subsequent_indent="    ") for line in told)
    return "\n".join((words.moment(event.time), "", *(part for line in lines for part in line)))


def _rank_of(key: str) -> int:
    return FIRST_FIELDS.index(key) if key in FIRST_FIELDS else len(FIRST_FIELDS)


def decision_event(state: DecisionState) -> EventState | None:
    """Return a decision as an event; None where there is none, or it chose and refused nothing."""
    decision = state.decision
    if decision is None or state.made is None or not decision.reasons:
        return None
    chosen = [one.words for one in decision.reasons if one.target == decision.chosen]
    others = [f"{one.target or 'this host'}: {one.words}" for one in decision.reasons]
    why = "; ".join(chosen if decision.chosen else others)
    fields: Mapping[str, object] = {"chose": decision.chosen or "nothing", "why": why}
    return EventState(serial=0, time=state.made, name=DECISION, fields=dict(fields), warning=False)
