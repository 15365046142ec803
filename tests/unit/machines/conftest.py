"""What the tests of machines share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.machines.factory_floor import Floor, ToyClock
from tests.unit.machines.toy_engine import ToyEngine
from vacnet.record.record import Record


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    clock = ToyClock()
    record = await Record.open(
        tmp_path / "vacnet.db",
        factory="wn01.example.org",
        wall=clock.wall,
        boottime=clock.boottime,
        boot_id="boot-1",
    )
    yield Floor(state=tmp_path, record=record, engine=ToyEngine(wall=clock.wall()), clock=clock)
    await record.close()
