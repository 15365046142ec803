"""What can go wrong with the record, each in words for an admin: what is wrong and what to do.

Rules of this file: names and their meaning only; the words are written where the fault is met,
because there the value, the file and the remedy are known.
"""

from __future__ import annotations


class RecordError(Exception):
    """The record cannot do what was asked; the text says why and what to do."""


class NameMismatchError(RecordError):
    """The state directory belongs to a factory of another name."""


class InUseError(RecordError):
    """Another process has the state directory open; the text names its pid."""


class TooNewError(RecordError):
    """The database was written by a later vacnet than this one."""


class NotWrittenError(RecordError):
    """A write that cannot wait was refused or failed (full disk, closing): nothing was kept of it."""
