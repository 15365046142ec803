"""The one thread that touches the database: all writes in order, many to a commit, none lost quietly.

Rules of this file: whatever waits in the queue goes into one transaction (one fsync), each step in a
savepoint of its own, so that a step that is wrong in itself fails alone. Writes that only the
curious read (events, decisions) linger for a moment to share a commit; anything else goes at once.
Reads run after the writes queued before them.

When the disk refuses, `jobs.NEEDS` says what becomes of each kind of write. The ballast is freed and
the reserve used so that ends can still be recorded, and until both stand again nothing new is created:
their room is for what runs already. A probe waits with the refused writes, so that trouble ends
only when a write has really succeeded.

A step may run more than once, so it does nothing but on its connection.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from vacnet.record.ballast import ROOM_FACTOR, Ballast
from vacnet.record.disk_faults import OF_ROOM, is_disk_fault, primary_code, words_of
from vacnet.record.errors import NotWrittenError, RecordError
from vacnet.record.facts import keep_text
from vacnet.record.jobs import NEEDS, Job, Need, Step, newest_of_each_key
from vacnet.record.reserve import ROOM_BYTES, fill, is_low, release, settle

BATCH_MAX = 512
LINGER_SECONDS = 0.5
RETRY_SECONDS = 1.0
WAITING_MAX = 20_000
"""Curiosities waiting in memory behind a disk that hangs; more are dropped."""

T = TypeVar("T")

_log = structlog.get_logger("vacnet.record")


class Writer:
    """The thread and its queue; one other thread, the event loop's, calls its methods."""

    def __init__(self, connection: sqlite3.Connection, ballast: Ballast) -> None:
        """Start the thread; from here on the connection is its own."""
        self.trouble = ""
        self._connection = connection
        self._ballast = ballast
        self._queue: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._backlog: list[Job[Any]] = []
        self._dropped = 0
        self._closed = False
        self._ending = False
        self._make_ready()
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)
        self._thread.start()

    def submit(self, step: Step[T], need: Need, key: str = "") -> Future[T]:
        """Queue a step and return the future of its result, done once it is durable."""
        job = Job(step, need, key)
        if self._closed:
            why = self.trouble or "the factory is stopping"
            job.fail(NotWrittenError(f"the record is closed, nothing more is kept: {why}"))
        elif need is Need.MAY and self._queue.qsize() > WAITING_MAX:
            self._drop(job)
        else:
            self._queue.put(job)
        return job.future

    def close(self) -> None:
        """Write what is queued, then close the database. Blocks; call it off the loop."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        batch: list[Job[Any]] = []
        try:
            while not self._ending:
                batch = self._gather()
                self._work(batch)
        except Exception as error:  # noqa: BLE001 (whatever it is, nobody may wait for ever)
            _log.exception("the record's writer failed")
            self._say(f"its writer failed ({error!r}): restart vacnet and report this")
        self._give_up(batch)
        self._connection.close()

    def _give_up(self, batch: Sequence[Job[Any]]) -> None:
        """Answer all that wait: nothing may hang on a thread that has ended."""
        self._closed = True
        waiting = [*self._backlog, *batch, *self._take(timeout=0)]
        while waiting:
            for job in waiting:
                if not job.future.done():
                    job.fail(NotWrittenError(f"not written before the record closed: {self.trouble}"))
            waiting = self._take(timeout=0)

    def _gather(self) -> list[Job[Any]]:
        batch = self._take(RETRY_SECONDS if self.trouble else None)
        until = time.monotonic() + LINGER_SECONDS
        while not self._ending and batch and all(NEEDS[job.need].lingers for job in batch):
            left = until - time.monotonic()
            if left <= 0 or len(batch) >= BATCH_MAX:
                break
            batch += self._take(left)
        return batch

    def _take(self, timeout: float | None) -> list[Job[Any]]:
        jobs: list[Job[Any]] = []
        try:
            job = self._queue.get(timeout=timeout)
            while job is not None:
                jobs.append(job)
                if len(jobs) >= BATCH_MAX:
                    return jobs
                job = self._queue.get_nowait()
            self._ending = True
        except queue.Empty:
            pass
        return jobs

    def _work(self, batch: Sequence[Job[Any]]) -> None:
        writes = self._backlog + [job for job in batch if job.need is not Need.READ and self._admit(job)]
        self._backlog = []
        error = self._commit(writes)
        if error is not None:
            self._suffer(writes, error)
        elif self.trouble or self._is_low():
            self._make_ready()
        for job in batch:
            if job.need is Need.READ:
                self._read(job)

    def _admit(self, job: Job[Any]) -> bool:
        if not self.trouble or NEEDS[job.need].in_trouble:
            return True
        self._drop(job)
        return False

    def _drop(self, job: Job[Any]) -> None:
        self._dropped += 1
        job.fail(NotWrittenError(self.trouble or "the disk is too slow for all that is to be recorded"))

    # --- transactions -------------------------------------------------------------------------

    def _commit(self, jobs: Sequence[Job[Any]]) -> sqlite3.Error | None:
        if not jobs:
            return None
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [self._take_step(job) for job in jobs]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            return error
        for job, result in zip(jobs, results, strict=True):
            _deliver(job, result)
        return None

    def _take_step(self, job: Job[Any]) -> object:
        self._connection.execute("SAVEPOINT step")
        try:
            result = job.step(self._connection)
        except Exception as error:
            if is_disk_fault(error):
                raise
            self._connection.execute("ROLLBACK TO step")
            result = _Failure(error)
        self._connection.execute("RELEASE step")
        return result

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            _log.warning("a transaction could not be rolled back", error=str(error))

    def _read(self, job: Job[Any]) -> None:
        try:
            job.future.set_result(job.step(self._connection))
        except sqlite3.Error as error:
            job.fail(RecordError(f"the record cannot be read: {words_of(error)}"))
        except Exception as error:  # noqa: BLE001 (whatever is wrong with a step is its caller's to hear)
            job.fail(error)

    # --- trouble ------------------------------------------------------------------------------

    def _suffer(self, jobs: Sequence[Job[Any]], error: sqlite3.Error) -> None:
        """Free the ballast and try again what may use its room; keep or refuse the rest."""
        if primary_code(error) in OF_ROOM:
            self._ballast.free()
        self._say(words_of(error))
        urgent = [job for job in jobs if self._admit(job)]
        again = self._commit(urgent)
        if again is not None:
            self._say(words_of(again))
            self._try_each(urgent)

    def _try_each(self, jobs: Sequence[Job[Any]]) -> None:
        """Commit each alone, so that an end does not wait behind something larger; keep what must be."""
        left = [job for job in jobs if self._commit([job]) is not None]
        for job in left:
            if not NEEDS[job.need].retried:
                job.fail(NotWrittenError(self.trouble))
        waiting = [job for job in left if NEEDS[job.need].retried]
        self._backlog = newest_of_each_key([*waiting, Job(_probe, Need.MUST, "probe")])

    def _is_low(self) -> bool:
        try:
            return is_low(self._connection)
        except sqlite3.Error:  # what is wrong shows when the reserve is made ready
            return True

    def _make_ready(self) -> None:
        """Have ballast and reserve stand, which ends any trouble; without room for them there is trouble."""
        room = self._ballast.make() and self._ballast.free_bytes() > ROOM_FACTOR * ROOM_BYTES
        error = self._restock() if room else None
        if error is not None or not room:
            self._say(words_of(error) if error else "the disk is nearly full; free space on it")
        elif self.trouble:
            _log.warning("the record can be written again", dropped=self._dropped)
            self.trouble, self._dropped = "", 0

    def _restock(self) -> sqlite3.Error | None:
        error = self._commit([Job(fill, Need.NOW)])
        if error is not None:
            return error
        try:
            settle(self._connection)
        except sqlite3.Error as full:
            return full
        return self._commit([Job(release, Need.NOW)])

    def _say(self, why: str) -> None:
        if not self.trouble:
            _log.error("the record is in trouble", why=why)
        free, place = self._ballast.free_bytes() >> 20, self._ballast.path.parent
        self.trouble = (
            f"the record cannot be relied on: {why} ({free} MiB free in {place}): no machine is created "
            "until it can be written and has its reserve again; ends of machines are kept"
        )


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception


def _deliver(job: Job[Any], result: object) -> None:
    if isinstance(result, _Failure):
        job.fail(result.error)
    else:
        job.future.set_result(result)


def _probe(connection: sqlite3.Connection) -> None:
    keep_text(connection, "probe", str(time.time()))
