"""A program that lives machine after machine in a record and says what is durable; for being killed.

Each printed line is a claim: what it names was awaited. The claims are written unbuffered, so that
one read by the test was made before the kill.
"""

import asyncio
import os
import sys
from pathlib import Path

from tests.unit.record.record_samples import Clocks, finish, machine


def _claim(words: str) -> None:
    os.write(1, f"{words}\n".encode())


async def _live(path: Path) -> None:
    record = await Clocks().open(path)
    _claim(f"epoch {await record.next_epoch()}")
    number = len(await record.machines(unfinished=False))
    while True:
        number += 1
        row = machine(number)
        await record.create_machine(row)
        _claim(f"created {row.id}")
        record.add_event("machine.created", {"number": number})
        await record.change_machine(row.id, state="running", started_wall=row.created_wall)
        _claim(f"running {row.id}")
        await record.finish_machine(row.id, finish=finish())
        _claim(f"ended {row.id}")


if __name__ == "__main__":
    asyncio.run(_live(Path(sys.argv[1])))
