"""Factories of one space whose machines an engine holds: how they die and come to rest, what is wrong then.

Rules of this file: what is another thing with each engine (who is on it, how often a machine began, how it
has to have ended) is its child's. Records are read after the factories have stopped; everything is compared
machine by machine, so that two faults cannot cancel each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import ClassVar

from tests.integration.faults.dying import live_until
from tests.integration.faults.fate import Fate
from tests.integration.faults.record_checks import in_many_records, wrong_events, wrong_homes
from tests.integration.faults.truth import Record, Row, record_of
from tools.space import Member, Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError

PATIENCE_SECONDS = 90.0
QUIET = "[factory]\ndraining = true\n"


class EngineSpace(ABC):
    """A space whose machines are on an engine."""

    engine: ClassVar[str]
    """What it is called in words."""
    doomed: ClassVar[str]
    """The module of the daemon that dies on it."""
    space: Space

    @property
    def members(self) -> tuple[Member, ...]:
        """Return the factories."""
        return self.space.members

    @abstractmethod
    def names(self) -> list[str]:
        """Return what the engine shows of all factories, by the names it has there."""

    @abstractmethod
    def uuids(self, member: Member) -> set[str]:
        """Return the machines of one factory that the engine shows."""

    @abstractmethod
    def wrong_machine(
        self, member: Member, row: Row, record: Record, allowed: Sequence[str]
    ) -> Iterator[str]:
        """Yield what is wrong with a machine of a record; `allowed` are messages of vacnet's own."""

    def kill(self, member: Member, fate: Fate, *, record_lost: bool = False) -> list[str]:
        """Let a factory live until its fate; return what is wrong then."""
        never = live_until(member, fate, self.doomed, PATIENCE_SECONDS)
        return never if never or record_lost else self.unknown(member)

    def unknown(self, member: Member) -> list[str]:
        """Return what of a factory is on the engine and not in its record, at the moment it was killed."""
        known = record_of(member).rows.keys()
        there = sorted(self.uuids(member) - known)
        return [f"{uuid} is on {self.engine} and not in the record" for uuid in there]

    def make_nothing_new(self) -> None:
        """Let the factories make nothing new."""
        self.space.settings("quiet", QUIET)

    def wait_until_all_drain(self) -> None:
        """Wait until all factories have heard of that."""
        for member in self.members:
            until(partial(_drains, member), PATIENCE_SECONDS, f"{member.name} drains")

    def wait_for_the_end(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Wait until nothing of the factories is left, then stop them.

        `meanwhile` is called again and again as long as there are machines.
        """

        def nothing_runs() -> bool:
            meanwhile()
            return not any(map(_busy, self.members))

        until(nothing_runs, PATIENCE_SECONDS, "no machine is left")
        until(lambda: not self.names(), PATIENCE_SECONDS, f"nothing is left on {self.engine}")
        self.space.stop()

    def records(self) -> dict[str, Record]:
        """Return what the stopped factories remember, by name."""
        return {member.name: record_of(member) for member in self.members}

    def wrong(self, allowed: Sequence[str] = (), *, adopted: bool = False) -> list[str]:
        """Return all that is wrong with stopped factories.

        Args:
            allowed: messages that vacnet may have written of its own.
            adopted: machines may have been found without a record.
        """
        records = self.records()
        wrong = [*in_many_records(records.values())]
        wrong += [f"{name} is left on {self.engine}" for name in self.names()]
        for member in self.members:
            record = records[member.name]
            wrong += wrong_homes(member, record)
            wrong += [
                f"{row.uuid}, {row.message!r}, {words}"
                for row in record.rows.values()
                for words in self.wrong_machine(member, row, record, allowed)
            ]
            wrong += wrong_events(record, adopted=adopted)
        return wrong


def _drains(member: Member) -> bool:
    try:
        return member.client().drain_state().draining
    except ClientError:
        return False


def _busy(member: Member) -> bool:
    try:
        return bool(member.client().machines().machines)
    except ClientError:
        return True
