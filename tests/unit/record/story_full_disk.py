"""What a record does on a disk that fills: run in a process of its own, since it fills one for real.

`tmpfs` fills the small file system that holds the directory, in `eaten` somebody else keeps it full, in
`start` it is full when the daemon starts; `limit` lets no file of the process grow
(RLIMIT_FSIZE), which SQLite sees as an I/O error and the ballast cannot mend. Prints `done` at the end.
"""

import asyncio
import contextlib
import os
import resource
import sys
import threading
from pathlib import Path

import pytest

from tests.unit.record.record_samples import Clocks, finish, machine
from vacnet.record import NotWrittenError, Record
from vacnet.space.window import Window

DEADLINE_SECONDS = 20.0
BIG_BYTES = 6_000_000
ENDS = 300


def _fill(directory: Path) -> None:
    """Take every block that is left, with what file systems keep back for the last writer too."""
    with (directory / "filler").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


async def _refused(record: Record, number: int) -> None:
    with pytest.raises(NotWrittenError, match="no machine is created until"):
        await record.create_machine(machine(number))


async def _recovered(record: Record, directory: Path, number: int) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while record.trouble:
            await record.flush()
    assert (directory / "ballast").exists()
    await record.create_machine(machine(number))


async def tmpfs(directory: Path) -> None:
    """Fill the disk, ask for more room than ballast and reserve have, then make room."""
    record = await Clocks().open(directory / "vacnet.db")
    for number in range(1, 31):
        await record.create_machine(machine(number, started_wall=1_800_000_000.0))
    _fill(directory)
    await _refused_at_some_time(record)
    assert "free space on" in record.trouble
    for number in range(1, 21):
        assert await record.finish_machine(machine(number).id, finish=finish())
    await _refused(record, 1000)
    waiting = await _larger_than_all_room(record, directory)
    assert "database or disk is full" in record.trouble
    assert not (directory / "ballast").exists()
    (directory / "filler").unlink()
    assert await asyncio.wait_for(waiting, DEADLINE_SECONDS)
    await _recovered(record, directory, 1001)
    assert await record.text("big") == "9" * BIG_BYTES
    assert (await record.windows(0.0))["mandelbrot"].number == 9
    assert len(await record.accounting(ended_from=0.0, limit=100)) == 21
    await record.close()


async def _refused_at_some_time(record: Record) -> None:
    """Create until the disk says no: the log may still have a few blocks of its own."""
    with pytest.raises(NotWrittenError, match="no machine is created until"):
        await _create_many(record)


async def _create_many(record: Record) -> None:
    for number in range(10_000, 20_000):
        await record.create_machine(machine(number))


async def _larger_than_all_room(record: Record, directory: Path) -> asyncio.Task[bool]:
    """Write more than ballast and reserve have room for; it waits, and reads and ends go on."""
    _fill(directory)
    for number in range(10):
        record.keep_window("mandelbrot", Window(number, "node2", 4_000.0, 60.0, 1))
        record.keep_text("big", str(number) * BIG_BYTES)
    waiting = asyncio.create_task(record.finish_machine(machine(21).id, finish=finish()))
    assert len(await record.machines(unfinished=True)) > 0
    record.add_event("dropped", {})
    await record.flush()
    assert await record.events(None, 10) == []
    assert await record.text("big") == ""
    return waiting


async def eaten(directory: Path) -> None:
    """Record ends while another program takes every block that anybody frees."""
    record = await Clocks().open(directory / "vacnet.db")
    for number in range(1, ENDS + 1):
        await record.create_machine(machine(number, started_wall=1_800_000_000.0))
    stop = threading.Event()
    eater = threading.Thread(target=_eat, args=(directory, stop))
    eater.start()
    try:
        await _refused_at_some_time(record)
        for number in range(1, ENDS + 1):
            await asyncio.wait_for(record.change_machine(machine(number).id, state="stopping"), 5)
            assert await asyncio.wait_for(record.finish_machine(machine(number).id, finish=finish()), 5)
    finally:
        stop.set()
        eater.join()
    assert len(await record.accounting(ended_from=0.0, limit=1000)) == ENDS
    await _refused(record, 2000)
    (directory / "filler").unlink()
    await _recovered(record, directory, 2001)
    await record.close()


def _eat(directory: Path, stop: threading.Event) -> None:
    while not stop.wait(0.001):
        _fill(directory)


async def limit(directory: Path) -> None:
    """Forbid any growth of files for a while."""
    record = await Clocks().open(directory / "vacnet.db")
    await record.create_machine(machine(1))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    with pytest.raises(NotWrittenError, match="no machine is created until"):
        await record.create_machine(machine(2))
    with pytest.raises(NotWrittenError):
        await record.next_epoch()
    waiting = asyncio.create_task(record.finish_machine(machine(1).id, finish=finish()))
    assert [row.number for row in await record.machines(unfinished=True)] == [1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert await asyncio.wait_for(waiting, DEADLINE_SECONDS)
    await _recovered(record, directory, 3)
    await record.close()


async def start(directory: Path) -> None:
    """Start on a disk that filled while the daemon was away: the ballast is there for that."""
    record = await Clocks().open(directory / "vacnet.db")
    await record.create_machine(machine(1))
    await record.close()
    _fill(directory)
    record = await Clocks().open(directory / "vacnet.db")
    assert record.rebuilt == ""
    assert await record.next_epoch() > 0
    assert await record.finish_machine(machine(1).id, finish=finish())
    await _refused(record, 2)
    await record.close()


STORIES = {"tmpfs": tmpfs, "eaten": eaten, "limit": limit, "start": start}

if __name__ == "__main__":
    asyncio.run(STORIES[sys.argv[1]](Path(sys.argv[2])))
    os.write(1, b"done\n")
