"""A fetcher with its cache in a temporary directory and a wall clock set by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.fetch.fetch_samples import Wall, new_fetcher
from vacnet.fetch import Fetcher


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
async def fetcher(cache: Path, wall: Wall) -> AsyncIterator[Fetcher]:
    opened = new_fetcher(cache, wall)
    yield opened
    await opened.close()
