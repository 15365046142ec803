"""The record: what a factory never forgets, as an asyncio API over one writer thread.

Rules of this file: it translates and nothing more: each method is one step for the writer. What is
awaited is durable when it returns, also through kill -9 and loss of power; what is not awaited is
queued in order and flushed within `writer.LINGER_SECONDS`. Cancelling an await does not undo the write.

On a full disk a creation is refused (`NotWrittenError`) while ends wait until they are written;
`trouble` says what is wrong. Two daemons never share a state directory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import structlog

from vacnet.agent.effects import Member
from vacnet.decide.blackholes import Suspicion
from vacnet.decide.reasons import Decision
from vacnet.record import count_table, facts, history, machine_table, rings, suspicion_table, window_table
from vacnet.record.ballast import Ballast
from vacnet.record.errors import NameMismatchError, RecordError
from vacnet.record.jobs import Need, Step
from vacnet.record.lock import DirectoryLock
from vacnet.record.opening import open_with_ballast
from vacnet.record.rows import (
    AccountingRow,
    Column,
    Count,
    DecisionRecord,
    EventRecord,
    Finish,
    MachineRecord,
    Tally,
)
from vacnet.record.window_table import Clocks
from vacnet.record.writer import Writer
from vacnet.space.window import Window

T = TypeVar("T")
Clock = Callable[[], float]

STATE_DIRECTORY_MODE = 0o711
"""Machines that run as another user pass through to their own directory; nobody else may list it."""

_log = structlog.get_logger("vacnet.record")


class Record:
    """What a factory never forgets. Make one with `Record.open`."""

    def __init__(
        self, writer: Writer, lock: DirectoryLock, *, rebuilt: str, wall: Clock, boottime: Clock, boot_id: str
    ) -> None:
        """Use `open` instead: it also migrates, checks the factory's name and takes the lock."""
        self.rebuilt = rebuilt
        """Why and where an unusable database was set aside at this start; empty: it was not."""
        self._writer = writer
        self._lock = lock
        self._wall = wall
        self._boottime = boottime
        self._boot_id = boot_id

    @classmethod
    async def open(cls, path: Path, *, factory: str, wall: Clock, boottime: Clock, boot_id: str) -> Record:
        """Open the database file `path`, or begin one.

        Args:
            path: the database file, ``vacnet.db`` in the state directory, which is made if need be.
            factory: name of the factory; the first one is kept. Empty: not known yet, any is right.
            wall: Unix seconds.
            boottime: seconds on CLOCK_BOOTTIME.
            boot_id: the kernel's name of this boot.

        Raises:
            InUseError: another process has the state directory.
            NameMismatchError: the state directory is another factory's.
            RecordError: disk at fault, or a later vacnet wrote the file.
        """
        lock = DirectoryLock(path.with_name("vacnet.lock"))
        try:
            writer, rebuilt = await asyncio.to_thread(_start, path, lock, wall())
            record = cls(writer, lock, rebuilt=rebuilt, wall=wall, boottime=boottime, boot_id=boot_id)
            await record._check_name(factory, path)
        except BaseException:
            lock.release()
            raise
        return record

    async def close(self) -> None:
        """Write what is queued, close the database and give the state directory free."""
        await asyncio.to_thread(self._writer.close)
        self._lock.release()

    @property
    def trouble(self) -> str:
        """Return why the record cannot be written now and what to do; empty: all is well."""
        return self._writer.trouble

    async def flush(self) -> None:
        """Return when all that was queued before is durable (or, in trouble, waits or was dropped)."""
        await self._ask(lambda _connection: None, Need.READ)

    # --- epoch and name -----------------------------------------------------------------------

    async def next_epoch(self) -> int:
        """Return the epoch of this start, over all before it; durable before it returns.

        Raises:
            NotWrittenError: it cannot be kept, so it must not be used.
        """
        wall = self._wall()
        return await self._ask(lambda connection: facts.next_epoch(connection, wall), Need.NOW)

    async def keep_epoch(self, epoch: int) -> None:
        """Keep an epoch that was raised while running; durable before it returns.

        Raises:
            NotWrittenError: it cannot be kept, so it must not be used.
        """
        await self._ask(lambda connection: facts.keep_epoch(connection, epoch), Need.NOW)

    # --- machines -----------------------------------------------------------------------------

    async def create_machine(self, row: MachineRecord) -> None:
        """Write a machine down before anything of it exists; durable before it returns.

        Raises:
            NotWrittenError: the disk is full or sick: make no machine.
            RecordError: a machine of this id or uuid is in the record.
        """
        await self._ask(lambda connection: machine_table.create(connection, row), Need.NEW)

    async def change_machine(self, machine_id: str, **columns: Column) -> bool:
        """Set columns of an unfinished machine, durable before it returns; False when there is none.

        Raises:
            ValueError: no such column, or one that only `create_machine` and `finish_machine` set.
        """
        machine_table.check_columns(columns)
        return await self._ask(
            lambda connection: machine_table.change(connection, machine_id, columns), Need.MUST
        )

    async def finish_machine(self, machine_id: str, *, finish: Finish) -> bool:
        """Write end, outcome and accounting in one transaction; False when it had ended before."""
        return await self._ask(
            lambda connection: machine_table.finish(connection, machine_id, finish), Need.MUST
        )

    async def forget_machine(self, machine_id: str) -> bool:
        """Remove an ended machine whose directory has expired; its accounting row stays."""
        return await self._ask(lambda connection: machine_table.forget(connection, machine_id), Need.MUST)

    async def machines(self, *, unfinished: bool) -> list[MachineRecord]:
        """Return machines in the order of creation: the unfinished ones, or all not yet forgotten."""
        return await self._ask(
            lambda connection: machine_table.select(connection, unfinished=unfinished), Need.READ
        )

    async def machine(self, id_or_name_or_uuid: str) -> MachineRecord | None:
        """Return one machine; a name means the latest of that name."""
        return await self._ask(
            lambda connection: machine_table.find(connection, id_or_name_or_uuid), Need.READ
        )

    async def recent(self, limit: int) -> list[MachineRecord]:
        """Return the machines that ended last, the newest end first."""
        return await self._ask(lambda connection: machine_table.recent(connection, limit), Need.READ)

    async def under_window(self, target: str, number: int, opener: str) -> list[MachineRecord]:
        """Return all machines made under a window of a target, ended or not, oldest first."""
        return await self._ask(
            lambda connection: machine_table.under_window(connection, target, number, opener), Need.READ
        )

    async def accounting(self, *, ended_from: float, limit: int) -> list[AccountingRow]:
        """Return accounting of machines that ended at `ended_from` (Unix seconds) or later, oldest first."""
        return await self._ask(
            lambda connection: machine_table.accounting(connection, ended_from, limit), Need.READ
        )

    async def accounted(self, machine_id: str) -> bool:
        """Tell whether a machine ran and has ended, also if its directory and row have expired."""
        return await self._ask(lambda connection: machine_table.accounted(connection, machine_id), Need.READ)

    async def ended_before(self, wall: float) -> list[str]:
        """Return the ids of machines that ended before `wall` (Unix seconds) and are not forgotten."""
        return await self._ask(lambda connection: machine_table.ended_before(connection, wall), Need.READ)

    async def tallies(self, since: float) -> list[Tally]:
        """Return how machines ended at `since` (Unix seconds) or later, counted by hour and target."""
        return await self._ask(lambda connection: history.tallies(connection, since), Need.READ)

    async def counts(self) -> list[Count]:
        """Return how many machines were started, ended and not made since the record began; never less."""
        return await self._ask(count_table.counts, Need.READ)

    async def begins(self) -> float | None:
        """Return the time (Unix seconds) of the first thing known here; None: nothing is."""
        return await self._ask(history.begins, Need.READ)

    # --- windows, members, settings, small facts ----------------------------------------------

    def keep_window(self, target: str, window: Window) -> None:
        """Keep the window of a target in place of the one before."""
        clocks = self._clocks(self._boottime())
        self._queue(
            lambda connection: window_table.keep(connection, target, window, clocks),
            Need.MUST,
            f"window {target}",
        )

    async def windows(self, now: float) -> dict[str, Window]:
        """Return the windows kept, their openings on this boot's clock, of which `now` is the time."""
        clocks = self._clocks(now)
        return await self._ask(lambda connection: window_table.windows(connection, clocks), Need.READ)

    def keep_suspicion(self, target: str, suspicion: Suspicion) -> None:
        """Keep this factory's suspicion of itself in place of the one before, or forget it."""
        clocks = self._clocks(self._boottime())
        self._queue(
            lambda connection: suspicion_table.keep(connection, target, suspicion, clocks),
            Need.MUST,
            f"suspicion {target}",
        )

    async def suspicions(self, now: float) -> dict[str, Suspicion]:
        """Return the suspicions kept, on this boot's clock, of which `now` is the time."""
        clocks = self._clocks(now)
        return await self._ask(lambda connection: suspicion_table.suspicions(connection, clocks), Need.READ)

    def keep_members(self, members: Sequence[Member]) -> None:
        """Keep the members met in place of those before."""
        kept = tuple(members)
        self._queue(lambda connection: facts.keep_members(connection, kept), Need.MUST, "members")

    async def members(self) -> tuple[Member, ...]:
        """Return the members kept, by name."""
        return await self._ask(facts.members, Need.READ)

    def keep_settings(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Keep `(name, body)` of the files of good settings, in order, in place of those before."""
        kept = tuple(files)
        self._queue(lambda connection: facts.keep_settings(connection, kept), Need.MUST, "settings")

    async def last_settings(self) -> tuple[tuple[str, bytes], ...]:
        """Return the files of the last good settings in their order; empty: there are none."""
        return await self._ask(facts.last_settings, Need.READ)

    def keep_text(self, key: str, value: str) -> None:
        """Keep a small fact, such as why the factory drains; an empty value removes it."""
        self._queue(
            lambda connection: facts.keep_text(connection, f"text {key}", value), Need.MUST, f"text {key}"
        )

    async def text(self, key: str) -> str:
        """Return a small fact, empty when there is none."""
        return await self._ask(lambda connection: facts.text(connection, f"text {key}"), Need.READ)

    # --- events and decisions -----------------------------------------------------------------

    def add_event(self, name: str, fields: Mapping[str, object], *, warning: bool = False) -> None:
        """Add an event that happened now. Its fields must hold no secret."""
        time, kept = self._wall(), dict(fields)
        self._queue(
            lambda connection: rings.add_event(connection, time, name, kept, warning=warning), Need.MAY
        )

    async def events(self, after: int | None, limit: int) -> list[EventRecord]:
        """Return up to `limit` events after a serial, oldest first; with None, the newest `limit`."""
        return await self._ask(lambda connection: rings.events(connection, after, limit), Need.READ)

    async def dropped(self, since: float) -> int:
        """Return how many datagrams the kernel dropped since then (Unix seconds), as events told."""
        return await self._ask(lambda connection: rings.dropped(connection, since), Need.READ)

    def add_decision(self, decision: Decision) -> None:
        """Add a decision made now."""
        time = self._wall()
        self._queue(lambda connection: rings.add_decision(connection, time, decision), Need.MAY)

    async def decisions(self, after: int | None, limit: int) -> list[DecisionRecord]:
        """Return up to `limit` decisions after a serial, oldest first; with None, the newest `limit`."""
        return await self._ask(lambda connection: rings.decisions(connection, after, limit), Need.READ)

    async def decision_at(self, time: float) -> DecisionRecord | None:
        """Return the last decision made until `time` (Unix seconds), None if none that old is kept."""
        return await self._ask(lambda connection: rings.decision_at(connection, time), Need.READ)

    # --- the way to the writer ----------------------------------------------------------------

    async def _ask(self, step: Step[T], need: Need) -> T:
        return await asyncio.wrap_future(self._writer.submit(step, need))

    def _queue(self, step: Step[None], need: Need, key: str = "") -> None:
        self._writer.submit(step, need, key)

    def _clocks(self, boot: float) -> Clocks:
        return Clocks(boot_id=self._boot_id, boot=boot, wall=self._wall())

    async def _check_name(self, factory: str, path: Path) -> None:
        if not factory:
            return
        kept = await self._ask(lambda connection: facts.text(connection, facts.NAME), Need.READ)
        if not kept and factory:
            await self._ask(lambda connection: facts.keep_text(connection, facts.NAME, factory), Need.NOW)
        elif factory not in {kept, ""}:
            await asyncio.to_thread(self._writer.close)
            raise NameMismatchError(_mismatch(kept, factory, path))


def _start(path: Path, lock: DirectoryLock, wall: float) -> tuple[Writer, str]:
    try:
        path.parent.mkdir(mode=STATE_DIRECTORY_MODE, parents=True, exist_ok=True)
        lock.take()
    except OSError as error:
        raise RecordError(
            f"the state directory {path.parent} cannot be used ({error.strerror}): make it a directory that "
            "the user of vacnet owns, or set another state_directory"
        ) from error
    ballast = Ballast(path.with_name("ballast"))
    connection, rebuilt = open_with_ballast(ballast, path, wall)
    if rebuilt:
        _log.error("the record was rebuilt", why=rebuilt)
    return Writer(connection, ballast), rebuilt


def _mismatch(kept: str, factory: str, path: Path) -> str:
    return (
        f"the state directory {path.parent} is of the factory {kept!r}, but this factory is named "
        f"{factory!r} (the host's node name unless [factory] name is set): its machines and its place in the "
        f'space are kept under the old name. If the host was renamed, set name = "{kept}" under [factory] to '
        f"go on as before; to begin as {factory!r}, drain the old one first, then move {path.parent} away"
    )
