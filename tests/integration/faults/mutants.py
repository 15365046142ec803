"""Life-cycle tables with another order of steps, which the checks must catch on the real daemon."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vacnet.machines import lifecycle
from vacnet.machines.lifecycle import Event, State, Step, Transition

Rows = Mapping[tuple[State, Event], tuple[Step, ...]]

RECORD_AFTER_START = "the record is written after the start"

MUTANTS: Mapping[str, Rows] = MappingProxyType(
    {
        RECORD_AFTER_START: {
            (State.ABSENT, Event.WANTED): (),
            (State.STARTING, Event.NEXT): (
                Step.ENGINE_START,
                Step.RECORD_CREATE,
                Step.RECORD_STARTED,
                Step.TELL_STARTED,
            ),
        },
        "the engine is asked to stop before the reason is written": {
            (State.RUNNING, Event.STOP): (Step.ENGINE_STOP, Step.RECORD_STOP),
            (State.STOPPING, Event.NEXT): (),
        },
        "the engine forgets before the outcome is written": {
            (State.RUNNING, Event.OVER): (
                Step.MESSAGE_READ,
                Step.ENGINE_FORGET,
                Step.RECORD_FINISH,
                Step.TELL_ENDED,
            ),
        },
    }
)


def swap_in(rows: Rows) -> None:
    """Let these rows stand in the table in place of the right ones."""
    table = {(row.state, row.event): row for row in lifecycle.TABLE}
    for pair, steps in rows.items():
        table[pair] = Transition(*pair, table[pair].next, steps)
    lifecycle._BY_PAIR = MappingProxyType(table)
