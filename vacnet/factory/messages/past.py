"""What was: events, ends by the hour, and pictures of the space."""

from __future__ import annotations

import msgspec

from vacnet.factory.messages.machines import MachineState
from vacnet.factory.messages.schema import SCHEMA
from vacnet.factory.messages.space import SpaceState

HISTORY_SECONDS_MAX = 92 * 86_400
"""Three months of a busy factory are counted in half a second, during which nothing else is written."""


class EventState(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the record, of the kinds the log has."""

    serial: int
    time: float
    name: str
    fields: dict[str, object]
    warning: bool


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/events?after=SERIAL&limit=N`: oldest first."""

    schema: int = SCHEMA
    factory: str
    time: float
    events: tuple[EventState, ...]


class TallyState(msgspec.Struct, frozen=True, kw_only=True):
    """So many machines of one target that ended alike in one hour of UTC, on this factory."""

    target: str
    kind: str
    """`VM`, `DC`, `SC` or `PR`; empty: not known any more."""
    outcome: str
    """`ok`, `nowork`, `error` or `neutral`."""
    code: int
    hour: float
    """Its beginning, in Unix seconds."""
    ended: int
    ran: int
    """Those of them that ran at all."""
    lived_seconds: float
    """Of those that ran, together."""
    last: float
    """When the last of them ended, in Unix seconds."""
    words: str
    """Its message; empty: not known any more."""
    factory: str = ""
    """Where they ended; empty: on the factory that answers."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/history?since=UNIX`: how machines of this factory ended since then."""

    schema: int = SCHEMA
    factory: str
    time: float
    since: float
    """As asked, or when the record begins if that was later; at most `HISTORY_SECONDS_MAX` ago."""
    tallies: tuple[TallyState, ...]


class PastState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/past?at=MILLISECONDS&before=N&after=N`: the picture that was kept last until then.

    With `before` or `after` the one so many pictures before or after it; the first or the last, where there
    are not so many.
    """

    schema: int = SCHEMA
    factory: str
    time: float
    first: float | None
    """Of the oldest picture that is kept, in Unix seconds; None: there is none."""
    made: float | None = None
    """When this one was made, in Unix seconds; None: there is none that old."""
    space: SpaceState | None = None
    machines: tuple[MachineState, ...] = ()
    """Of this factory, those that had not ended then and that the record still has."""
