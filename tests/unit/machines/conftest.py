"""What the tests of machines share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.machines.factory_floor import Floor, ToyClock, open_record
from tests.unit.machines.toy_engine import ToyEngine


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    clock = ToyClock()
    record = await open_record(tmp_path, clock)
    made = Floor(state=tmp_path, record=record, engine=ToyEngine(wall=clock.wall()), clock=clock)
    yield made
    await made.record.close()
