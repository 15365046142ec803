"""A process that fetches an image until it is killed: `python -m tests.unit.fetch.image_killed STATE URL`."""

import asyncio
import sys
from pathlib import Path

from tests.unit.fetch.image_samples import site


async def fetch(state: Path, url: str) -> None:
    async with site(state) as here:
        await here.cache.hold(here.target(url), here.machine())


if __name__ == "__main__":
    asyncio.run(fetch(Path(sys.argv[1]), sys.argv[2]))
