"""One step for the writer, how badly it is needed, and what becomes of it when the disk refuses.

Rules of this file: what the writer does by need stands in the table `NEEDS`, not in branches. A job
counts as running from the start, so that who stops waiting for a write does not undo it.
"""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import structlog

from vacnet.record.errors import NotWrittenError

T = TypeVar("T")
Step = Callable[[sqlite3.Connection], T]

_log = structlog.get_logger("vacnet.record")


class Need(enum.Enum):
    """How badly a write is needed."""

    READ = "read"
    NEW = "new"
    """Makes something new: not worth the last room on the disk."""
    NOW = "now"
    """Its caller cannot go on without, and can say so."""
    MUST = "must"
    """Tells of what has happened: kept until it is written."""
    MAY = "may"
    """For the curious."""


class Manner(NamedTuple):
    """What becomes of a write when the disk refuses."""

    in_trouble: bool
    """Tried while there is trouble."""
    retried: bool
    """Kept until it succeeds."""
    lingers: bool
    """May wait for others to share a commit."""


NEEDS: dict[Need, Manner] = {
    Need.READ: Manner(in_trouble=True, retried=False, lingers=False),
    Need.NEW: Manner(in_trouble=False, retried=False, lingers=False),
    Need.NOW: Manner(in_trouble=True, retried=False, lingers=False),
    Need.MUST: Manner(in_trouble=True, retried=True, lingers=False),
    Need.MAY: Manner(in_trouble=False, retried=False, lingers=True),
}


@dataclass(slots=True, eq=False)
class Job(Generic[T]):
    """A step, its need, and the future of its result."""

    step: Step[T]
    need: Need
    key: str = ""
    """While it waits for the disk a later job of the same key takes its place; nobody awaits such a job."""
    future: Future[T] = field(default_factory=Future)

    def __post_init__(self) -> None:
        """Mark the future as running: who stops waiting for a write does not undo it."""
        self.future.set_running_or_notify_cancel()

    def fail(self, error: BaseException) -> None:
        """Tell the caller that nothing was written; an error nobody waits for is logged."""
        awaited = not self.key and self.need is not Need.MAY
        if not awaited and not isinstance(error, NotWrittenError):
            _log.error("a write failed", error=repr(error), key=self.key)
        self.future.set_exception(error)


def newest_of_each_key(jobs: Iterable[Job[Any]]) -> list[Job[Any]]:
    """Leave out jobs that a later one of their key replaces; those without a key all stay."""
    kept: dict[object, Job[Any]] = {}
    for job in jobs:
        older = kept.pop(job.key or job, None)
        if older is not None:
            older.fail(NotWrittenError("a newer value is written in its place"))
        kept[job.key or job] = job
    return list(kept.values())
