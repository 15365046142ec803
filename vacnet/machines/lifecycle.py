"""The life of a machine as one table: state and event -> next state and the ordered steps between.

Rules of this file: pure; nothing about the order of durable writes and engine calls is decided
anywhere else. `keeper` and its helpers only carry steps out. The diagram in docs/life-cycle.md is made
from the table by `lifecycle_page`.

What the order of the steps promises, wherever the factory is killed:

- A machine is in the record before anything of it exists, so nothing of ours is ever unknown.
- Why we end a machine is in the record before the engine is asked to, so a restart in between does not
  take our doing for the machine's failure.
- Whether a machine has proved that it found work is looked at once more before its end is in the record: what
  it wrote in its last second, or while no factory ran, counts, and is told before the end.
- The outcome is in the record before anybody is told and before the engine forgets the machine: until
  then the engine still shows the end, and it is judged again; afterwards the record refuses a second one.
- Of a machine that its engine does not show, what may be left (a start that was cut off, what a foreign hand
  overlooked) is dropped before the end is in the record: afterwards nobody would come back for it.
- What an engine shows of a machine whose record says ended is left over from a kill between the last
  two steps, and is removed.

A state is what the record says, but for `starting`, which is `created` there: after a kill only the
engine can say how far a start had come. `next` is no event from outside: it is what a state does by
itself when nothing else waits; a machine found after a restart does so only if it was stopping,
because a start is never taken up again. A pair that is not in the table changes nothing: a second stop
keeps the first one's reason, an end seen twice is judged once.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


class State(enum.StrEnum):
    """Where a machine is in its life."""

    ABSENT = "absent"
    """Wanted, or shown by an engine, and not in the record."""
    CREATED = "created"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"


class Event(enum.StrEnum):
    """What can happen to a machine."""

    WANTED = "wanted"
    """The factory decided to make it."""
    NEXT = "next"
    """Nothing else waits: go on."""
    NOT_NOW = "not-now"
    """Image, user_data, engine or disk is not to be had: no machine, and no outcome."""
    REFUSED = "refused"
    """The engine could not start it."""
    STOP = "stop"
    """It is to be ended, for a reason."""
    LOWERED = "lowered"
    """Its deadline was brought forward, or what was brought forward is given back."""
    PROVED = "proved"
    """A file in its joboutputs shows that it found work."""
    FOUND = "found"
    """The engine shows it running."""
    OVER = "over"
    """The engine shows it ended."""
    GONE = "gone"
    """The engine answers and shows nothing of it."""


class Step(enum.StrEnum):
    """One thing done on the way from a state to the next; the helper that does it has the same name."""

    RECORD_CREATE = "record.create"
    SOURCES_FETCH = "sources.fetch"
    DIRECTORY_PREPARE = "directory.prepare"
    ENGINE_START = "engine.start"
    RECORD_STARTED = "record.started"
    RECORD_PROVED = "record.proved"
    RECORD_DEADLINE = "record.deadline"
    DIRECTORY_DEADLINE = "directory.deadline"
    RECORD_STOP = "record.stop"
    ENGINE_STOP = "engine.stop"
    PROOF_READ = "proof.read"
    MESSAGE_READ = "message.read"
    RECORD_FINISH = "record.finish"
    ENGINE_FORGET = "engine.forget"
    RECORD_FORGET = "record.forget"
    DIRECTORY_REMOVE = "directory.remove"
    TELL_ADOPTED = "tell.adopted"
    TELL_STARTED = "tell.started"
    TELL_PROVED = "tell.proved"
    TELL_ENDED = "tell.ended"
    TELL_NOT_MADE = "tell.not-made"

    @property
    def fault_point(self) -> bool:
        """Tell whether it is a durable write or an engine call, where a kill must cost nothing."""
        return self.split(".", maxsplit=1)[0] in {"record", "directory", "engine"}


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the table."""

    state: State
    event: Event
    next: State
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Return how logs and fault points call it."""
        return f"{self.state}-{self.event}"


_STARTED = (Step.RECORD_STARTED, Step.TELL_STARTED)
# The two after the look do nothing where there is no proof, or where it is not the first.
_PROVED = (Step.PROOF_READ, Step.RECORD_PROVED, Step.TELL_PROVED)
_ADOPTED = (Step.RECORD_CREATE, Step.TELL_ADOPTED)
_LOWERED = (Step.RECORD_DEADLINE, Step.DIRECTORY_DEADLINE)
_UNSTARTED_END = (Step.RECORD_FINISH, Step.TELL_ENDED)
_END = (*_PROVED, Step.MESSAGE_READ, Step.RECORD_FINISH, Step.TELL_ENDED, Step.ENGINE_FORGET)
# The engine shows nothing to judge again, so it drops the rest first: whoever is killed here does it again.
_GONE = (*_PROVED, Step.MESSAGE_READ, Step.ENGINE_FORGET, Step.RECORD_FINISH, Step.TELL_ENDED)
# The directory holds secrets: the record knows the machine as long as it is there.
_NOT_MADE = (Step.RECORD_FINISH, Step.DIRECTORY_REMOVE, Step.RECORD_FORGET, Step.TELL_NOT_MADE)

TABLE: tuple[Transition, ...] = (
    Transition(State.ABSENT, Event.WANTED, State.CREATED, (Step.RECORD_CREATE,)),
    Transition(State.ABSENT, Event.NOT_NOW, State.ENDED, (Step.TELL_NOT_MADE,)),
    # Without a record, but an engine shows it: adopted from its labels and directory.
    Transition(State.ABSENT, Event.FOUND, State.RUNNING, (*_ADOPTED, Step.RECORD_STARTED)),
    Transition(State.ABSENT, Event.OVER, State.ENDED, (*_ADOPTED, *_END)),
    Transition(State.CREATED, Event.NEXT, State.STARTING, (Step.SOURCES_FETCH, Step.DIRECTORY_PREPARE)),
    Transition(State.CREATED, Event.NOT_NOW, State.ENDED, _NOT_MADE),
    Transition(State.CREATED, Event.STOP, State.ENDED, (Step.RECORD_STOP, *_UNSTARTED_END)),
    # It may have its directory already: a start that was cut off.
    Transition(State.CREATED, Event.LOWERED, State.CREATED, _LOWERED),
    # The three after a restart: how far the start had come.
    Transition(State.CREATED, Event.FOUND, State.RUNNING, _STARTED),
    Transition(State.CREATED, Event.OVER, State.ENDED, _END),
    Transition(State.CREATED, Event.GONE, State.ENDED, _GONE),
    Transition(State.STARTING, Event.NEXT, State.RUNNING, (Step.ENGINE_START, *_STARTED)),
    Transition(State.STARTING, Event.NOT_NOW, State.ENDED, _NOT_MADE),
    Transition(State.STARTING, Event.REFUSED, State.ENDED, _UNSTARTED_END),
    Transition(State.STARTING, Event.STOP, State.ENDED, (Step.RECORD_STOP, *_UNSTARTED_END)),
    Transition(State.STARTING, Event.LOWERED, State.STARTING, _LOWERED),
    Transition(State.RUNNING, Event.PROVED, State.RUNNING, _PROVED),
    Transition(State.RUNNING, Event.LOWERED, State.RUNNING, _LOWERED),
    Transition(State.RUNNING, Event.STOP, State.STOPPING, (Step.RECORD_STOP,)),
    Transition(State.RUNNING, Event.OVER, State.ENDED, _END),
    Transition(State.RUNNING, Event.GONE, State.ENDED, _GONE),
    Transition(State.STOPPING, Event.NEXT, State.STOPPING, (Step.ENGINE_STOP,)),
    # Still there when the engine was looked at after it was asked: the engine was away, or forgot.
    Transition(State.STOPPING, Event.FOUND, State.STOPPING, (Step.ENGINE_STOP,)),
    Transition(State.STOPPING, Event.PROVED, State.STOPPING, _PROVED),
    Transition(State.STOPPING, Event.OVER, State.ENDED, _END),
    Transition(State.STOPPING, Event.GONE, State.ENDED, _GONE),
    # Left over from a kill after the outcome was written.
    Transition(State.ENDED, Event.FOUND, State.ENDED, (Step.ENGINE_STOP, Step.ENGINE_FORGET)),
    Transition(State.ENDED, Event.OVER, State.ENDED, (Step.ENGINE_FORGET,)),
)

_BY_PAIR: Mapping[tuple[State, Event], Transition] = MappingProxyType(
    {(row.state, row.event): row for row in TABLE}
)


def transition(state: State, event: Event) -> Transition | None:
    """Return what an event does to a machine in a state; None: nothing."""
    return _BY_PAIR.get((state, event))


def fault_point(row: Transition, step: Step, when: str) -> str:
    """Return the name under which a step of a row is announced; `when` is `before` or `after`."""
    return f"{row.name}.{step}.{when}"


def fault_points() -> tuple[str, ...]:
    """Return every moment at which a kill must cost nothing: around each durable write and engine call."""
    return tuple(
        fault_point(row, step, when)
        for row in TABLE
        for step in row.steps
        if step.fault_point
        for when in ("before", "after")
    )
