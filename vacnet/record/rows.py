"""What the record keeps of a machine, and the other values it hands out.

Rules of this file: values only, and flat: a field of `MachineRecord` is a column of the table
`machines` of the same name, which `schema` states and a test compares. Times named `_wall` are
Unix seconds, times named `_boot` are CLOCK_BOOTTIME seconds of the boot `boot_id` and mean nothing
under another. `spec` is opaque here; it may hold what a site thinks secret (user_data options),
which is one of the reasons why the database has mode 0600.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from vacnet.decide.reasons import Decision

CREATED = "created"
"""The state of a machine that was written down and of which nothing else exists."""

ENDED = "ended"
"""The state that `finish_machine` alone sets and nothing leaves."""

Column = str | int | float | bytes | bool | None
"""What a column of a machine can be set to."""


class MachineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One machine, from before its creation until its directory has expired."""

    id: str
    """``<created>_<target>_<NN>``."""
    uuid: str
    name: str
    number: int
    target: str
    model: str
    kind: str
    """`VM`, `DC`, `SC` or `PR`."""
    processors: int
    memory_bytes: int
    disk_bytes: int
    """0: not limited."""
    accounting_fqan: str
    benchmark_name: str
    benchmark_per_processor: float
    created_wall: float
    created_boot: float
    boot_id: str
    deadline_boot: float
    deadline_wall: float
    ticket_number: int
    """0 to 63; -1: none."""
    window_number: int
    window_opener: str
    spec: bytes
    """JSON of what it is made from, read by nobody here."""
    reference: str = ""
    """The engine's own name for it."""
    state: str = CREATED
    started_wall: float | None = None
    started_boot: float | None = None
    proved_boot: float | None = None
    stop_reason: str = ""
    """Why it is being stopped, or was; empty: nobody asked for its end."""
    ended_wall: float | None = None
    ended_boot: float | None = None
    cpu_seconds: float = 0.0
    memory_peak_bytes: int = 0
    outcome_kind: str = ""
    outcome_blame: str = ""
    message_code: int = 0
    message_text: str = ""
    by_vacnet: bool = False
    """True when the machine wrote no valid message and the words are ours."""
    exit_code: int | None = None


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """How a machine ended: the columns that one transaction writes with its end."""

    ended_wall: float
    outcome_kind: str
    outcome_blame: str
    message_code: int
    message_text: str
    by_vacnet: bool
    cpu_seconds: float = 0.0
    memory_peak_bytes: int = 0
    exit_code: int | None = None
    started_wall: float | None = None
    """When it began, if it ran and a kill may have kept that from being written; what is written stands."""
    started_boot: float | None = None
    """The same by the clock of the boot in which it was made."""
    ended_boot: float | None = None
    """When it ended by that clock."""
    wall_seconds: float | None = None
    """How long it ran by a clock that does not step; None: its end minus its start, in wall time."""
    made: bool = True
    """False: an image or user_data was not to be had, so there was no machine."""


class AccountingRow(msgspec.Struct, frozen=True, kw_only=True):
    """What accounting is told of a machine that ran; it outlives the machine's directory and record."""

    id: str
    uuid: str
    name: str
    target: str
    accounting_fqan: str
    processors: int
    memory_bytes: int
    benchmark_name: str
    benchmark_per_processor: float
    started_wall: float
    ended_wall: float
    wall_seconds: float
    cpu_seconds: float
    memory_peak_bytes: int
    outcome_kind: str
    message_code: int


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """So many machines of one target that ended alike in one hour."""

    target: str
    kind: str
    """`VM`, `DC`, `SC` or `PR`; empty: not known any more."""
    outcome: str
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


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How often something has happened to machines of one target since the record began."""

    what: str
    """`started`, `ended` or `not-made`."""
    target: str
    outcome: str
    """Of `ended`: `ok`, `nowork`, `error` or `neutral`."""
    count: int
    last_wall: float
    """When it happened last, in Unix seconds."""


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an admin may want to know, as it was told."""

    serial: int
    """Rises by one with each event and is never used twice."""
    time: float
    """Unix seconds."""
    name: str
    fields: Mapping[str, object]
    warning: bool


class DecisionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its reasons, and when it was made."""

    serial: int
    time: float
    """Unix seconds."""
    decision: Decision
