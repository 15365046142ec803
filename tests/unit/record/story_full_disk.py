"""What a record does on a disk that fills: run in a process of its own, since it fills one for real.

`tmpfs` fills the small file system that holds the directory; `limit` lets no file of the process grow
(RLIMIT_FSIZE), which SQLite sees as an I/O error and the ballast cannot mend. Prints `done` at the end.
"""

import asyncio
import contextlib
import os
import resource
import sys
from pathlib import Path

import pytest

from tests.unit.record.record_samples import Clocks, finish, machine
from vacnet.record import NotWrittenError, Record
from vacnet.space.window import Window

DEADLINE_SECONDS = 20.0
BIG_BYTES = 3_000_000


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
    """Fill the disk, then the room that the ballast gave, then make room."""
    record = await Clocks().open(directory / "vacnet.db")
    for number in range(1, 31):
        await record.create_machine(machine(number))
    _fill(directory)
    await _refused_at_some_time(record)
    assert "the disk is full" in record.trouble
    assert not (directory / "ballast").exists()
    for number in range(1, 21):
        assert await record.finish_machine(machine(number).id, finish=finish())
    await _refused(record, 1000)
    waiting = await _second_fill(record, directory)
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
    for number in range(100, 1000):
        await record.create_machine(machine(number))


async def _second_fill(record: Record, directory: Path) -> asyncio.Task[bool]:
    """Fill the room of the ballast too; what has happened then waits, and reads go on."""
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


STORIES = {"tmpfs": tmpfs, "limit": limit, "start": start}

if __name__ == "__main__":
    asyncio.run(STORIES[sys.argv[1]](Path(sys.argv[2])))
    os.write(1, b"done\n")
