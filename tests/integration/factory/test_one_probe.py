"""Twenty real factories and a queue that empties and fills: one probe a window, by their records.

The payloads take jobs from a directory: a rename succeeds for one of them. What counts is what the records
of the factories say in the end: which machines were made under which window and on which ticket.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until

FACTORIES = 20
WINDOWS = 50
SECONDS_A_WINDOW = 60.0
"""Three of back-off, a claim's wait, the probe, and jobs that take turns on what else the host does."""
JOBS_MAX = 12

PAYLOAD = """\
#!/bin/sh
for job in {queue}/job*; do
    if mv "$job" "{taken}/${{job##*/}}" 2>/dev/null; then
        : >"$JOBOUTPUTS/job_started"
        sleep 1
        echo "200 done" >"$JOBOUTPUTS/shutdown_message"
        exit 0
    fi
done
echo "300 no work" >"$JOBOUTPUTS/shutdown_message"
"""
SETTINGS = """
[runtimes.process]
sandbox = "none"  # payloads share the directory of the queue

[targets.queue]
target_share = 1
machine_model = "process"
user_data = "{payload}"
proof = "job_started"
fizzle_seconds = 600
backoff_seconds = 3
backoff_max_seconds = 3
memory_per_processor = "16 MiB"
"""
MACHINES = "SELECT window_number, ticket_number FROM machines WHERE target = 'queue'"
NEWEST = "SELECT max(number) FROM windows WHERE target = 'queue'"


class JobQueue:
    """A directory of jobs."""

    def __init__(self, directory: Path) -> None:
        self.waiting, self.taken = directory / "waiting", directory / "taken"
        for made in (self.waiting, self.taken):
            made.mkdir()
            made.chmod(0o777)  # payloads are another user's
        self.filled = 0

    def fill(self, jobs: int) -> None:
        for _ in range(jobs):
            (self.waiting / f"job{self.filled}").touch()
            self.filled += 1


def _read(member: Member, words: str) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(member.state / "vacnet.db", timeout=60)) as connection:
        return connection.execute(words).fetchall()


def _newest(member: Member) -> int:
    return _read(member, NEWEST)[0][0] or 0


@pytest.fixture
def queue(directory: Path) -> JobQueue:
    return JobQueue(directory)


@pytest.fixture
def space(directory: Path, queue: JobQueue) -> Iterator[Space]:
    payload = directory / "payload"
    payload.write_text(PAYLOAD.format(queue=queue.waiting, taken=queue.taken))
    payload.chmod(0o755)
    fragment = SETTINGS.format(payload=payload)
    made = Space.make(directory / "s", FACTORIES, processors=2, fragment=fragment)
    yield made
    made.down()


@pytest.mark.slow  # fifty windows of twenty daemons take minutes
@pytest.mark.timeout(3600)
def test_twenty_factories_send_one_probe_a_window(
    space: Space, queue: JobQueue, record_property: Callable[[str, object], None]
) -> None:
    rng, first = Random(1), space.member(1)
    space.start()
    for number in range(1, WINDOWS + 2):
        until(lambda number=number: _newest(first) >= number, SECONDS_A_WINDOW, f"window {number}")  # type: ignore[misc]
        queue.fill(rng.choice((0, rng.randint(1, JOBS_MAX))))
    space.stop()
    made = [machine for member in space.members for machine in _read(member, MACHINES)]
    probes = Counter(window for window, ticket in made if ticket == 0)
    counted = [probes[number] for number in range(1, WINDOWS + 1)]
    taken = len(list(queue.taken.iterdir()))
    words = f"{counted.count(2)} with two, {counted.count(0)} with none, {taken} jobs, {len(made)} machines"
    record_property("told", f"probes of {WINDOWS} windows of {FACTORIES} factories: {words}")
    assert counted.count(0) == 0
    assert counted.count(2) <= 1
    assert max(counted) <= 2
    assert taken > WINDOWS
