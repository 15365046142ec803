"""What the tests of fetch share: a clock set by hand, a fetcher, and one way to get."""

from pathlib import Path

from vacnet.fetch import Fetched, Fetcher
from vacnet.fetch.fetcher import Check, anything
from vacnet.targets.model import FetchSettings

BYTES_MAX = 100_000


class Wall:
    """Unix seconds, set by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def new_fetcher(cache: Path, wall: Wall, *, leave_seconds: float = 0.0, **settings: object) -> Fetcher:
    chosen = {"timeout_seconds": 10.0, **settings}
    return Fetcher(
        FetchSettings(**chosen),  # type: ignore[arg-type]
        cache,
        "1.2.3",
        wall,
        leave_seconds=leave_seconds,
    )


async def get(fetcher: Fetcher, url: str, *, cache_seconds: float = 0.0, check: Check = anything) -> Fetched:
    return await fetcher.get(url, bytes_max=BYTES_MAX, cache_seconds=cache_seconds, kind="pipes", check=check)
