"""A record in a temporary directory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.record.record_samples import Clocks
from vacnet.record import Record


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vacnet.db"


@pytest.fixture
async def record(clocks: Clocks, path: Path) -> AsyncIterator[Record]:
    opened = await clocks.open(path)
    yield opened
    await opened.close()
