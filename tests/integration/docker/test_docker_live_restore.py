"""An engine that keeps its containers while it is away (`live-restore`): its death costs no machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.docker.conftest import MakeEngine, put_image
from tests.integration.docker.docker_floor import Floor, until
from tests.integration.docker.docker_site import Site
from tools.engines.dockerd import Daemon

pytestmark = pytest.mark.engine("docker")

WAITS = "while ! [ -e $JOBOUTPUTS/go ]; do sleep 0.05; done; echo '200 done' > $JOBOUTPUTS/shutdown_message"


@pytest.fixture
def keeping_engine(make_engine: MakeEngine) -> Daemon:
    return make_engine("--live-restore")


@pytest.fixture
async def kept(keeping_engine: Daemon, root: Path) -> AsyncIterator[Site]:
    made = Site(root, keeping_engine.address, put_image(keeping_engine.address))
    yield made
    await made.close()


async def test_machines_run_on_and_one_that_ends_meanwhile_is_told_as_it_ended(
    kept: Site, keeping_engine: Daemon
) -> None:
    floor = Floor(kept, WAITS)
    await floor.open_record()
    async with floor.keeping() as keeper:
        for _ in range(3):
            keeper.start(floor.wish())
        await until(lambda: [view.state for view in keeper.live()] == ["running"] * 3, "all run")
        first, *others = (view.id for view in keeper.live())
        await asyncio.to_thread(keeping_engine.kill)
        await until(lambda: any(note.name == "engine.away" for note in floor.notes), "it is missed")
        _let_go(kept, first)
        await asyncio.to_thread(keeping_engine.start)
        await until(lambda: [view.id for view in keeper.live()] == others, "the end is seen, and one only")
        assert {view.state for view in keeper.live()} == {"running"}
        for machine in others:
            _let_go(kept, machine)
        await floor.settled(keeper)
    assert [str(end.outcome.message) for end in floor.ends()] == ["200 done"] * 3
    assert await floor.what_is_wrong() == []
    await floor.record.close()


def _let_go(site: Site, machine: str) -> None:
    (site.root / "machines" / machine / "joboutputs" / "go").touch()
