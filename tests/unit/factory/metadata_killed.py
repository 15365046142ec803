"""A metadata service that serves until it is killed: `python -m tests.unit.factory.metadata_killed HOME`."""

import asyncio
import sys
from pathlib import Path

from tests.unit.factory.metadata_floor import having_a_floor


async def serve(home: Path) -> None:
    async with having_a_floor(home) as floor:
        sys.stdout.write(f"{floor.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
