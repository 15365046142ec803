"""What a factory never forgets: machines, outcomes, windows, epoch, events, in SQLite with one writer."""

from vacnet.record.errors import InUseError, NameMismatchError, NotWrittenError, RecordError, TooNewError
from vacnet.record.record import Record
from vacnet.record.rows import (
    CREATED,
    ENDED,
    AccountingRow,
    Column,
    Count,
    DecisionRecord,
    EventRecord,
    Finish,
    MachineRecord,
)

__all__ = [
    "CREATED",
    "ENDED",
    "AccountingRow",
    "Column",
    "Count",
    "DecisionRecord",
    "EventRecord",
    "Finish",
    "InUseError",
    "MachineRecord",
    "NameMismatchError",
    "NotWrittenError",
    "Record",
    "RecordError",
    "TooNewError",
]
