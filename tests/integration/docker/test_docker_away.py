"""An engine that is not there, hangs, is restarted, has no room: told truthfully, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.docker.conftest import MakeEngine, put_image
from tests.integration.docker.docker_floor import Floor, until
from tests.integration.docker.docker_site import Site
from tools.engines.dockerd import Daemon
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.client import Patience
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.targets.model import DockerSettings

pytestmark = pytest.mark.engine("docker")


async def test_where_there_is_no_engine_that_is_said_with_what_to_do(root: Path) -> None:
    runtime = DockerRuntime(DockerSettings(socket=f"unix://{root}/docker.sock"), root, "f1")
    assert await runtime.probe() == (
        f"there is no engine at {root}/docker.sock: start it (systemctl start docker), or set socket in "
        "[runtimes.docker] to where its socket is"
    )
    with pytest.raises(NotNowError, match="there is no engine at"):
        await runtime.seen()
    await runtime.close()


async def test_a_socket_that_an_engine_left_behind_is_no_engine(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(root / "docker.sock"))
    runtime = DockerRuntime(DockerSettings(socket=f"unix://{root}/docker.sock"), root, "f1")
    assert (await runtime.probe()).startswith(f"nobody answers at {root}/docker.sock: start the engine")
    await runtime.close()


async def test_a_factory_without_containers_asks_no_engine_and_misses_none(root: Path) -> None:
    runtime = DockerRuntime(DockerSettings(socket=f"unix://{root}/docker.sock"), root, "f1")
    assert await runtime.seen() == {}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await anext(runtime.changes())
    await runtime.close()


async def test_a_factory_that_had_containers_concludes_nothing_from_an_engine_that_is_away(
    own_site: Site, engine: Daemon
) -> None:
    await own_site.runtime().start(own_site.spec("exec sleep 1000"))
    engine.kill()
    again = own_site.runtime()
    with pytest.raises(NotNowError, match=r"the engine|nobody answers"):
        await again.seen()
    engine.start()


def _stands(pid: int) -> bool:
    """Tell whether every thread of a process is stopped: one that is not may still answer."""
    states = (
        stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")
    )
    return all(state in "TtZ" for state in states)


async def test_an_engine_that_hangs_is_told_as_that_and_the_loop_goes_on(
    own_site: Site, engine: Daemon
) -> None:
    runtime = own_site.runtime(patience=Patience(probe_seconds=0.5, ask_seconds=0.5, make_seconds=0.5))
    assert await runtime.probe() == ""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    turning = asyncio.create_task(turn())
    os.kill(engine.pid, signal.SIGSTOP)
    await until(lambda: _stands(engine.pid), "each of its threads has stopped")
    try:
        assert "did not answer within 0.5 s" in await runtime.probe()
        with pytest.raises(NotNowError, match="did not answer within"):
            await runtime.seen()
        with pytest.raises(NotNowError, match="did not answer within"):
            await runtime.start(own_site.spec("exec sleep 1000"))
    finally:
        os.kill(engine.pid, signal.SIGCONT)
        turning.cancel()
    assert turns > 50


async def test_what_a_hanging_engine_made_after_we_gave_up_is_removed_when_it_shows(
    own_site: Site, engine: Daemon
) -> None:
    runtime = own_site.runtime(patience=Patience(ask_seconds=1.0, make_seconds=1.0))
    spec = own_site.spec("exec sleep 1000")
    await runtime.probe()
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        with pytest.raises(NotNowError):
            await runtime.start(spec)
    finally:
        os.kill(engine.pid, signal.SIGCONT)
    await until(own_site.containers, "the engine has made it after all", 20.0)
    patient = own_site.runtime()
    assert (await patient.seen())[spec.id].lost == "factory restarted before it started"
    with_deadline = time.monotonic() + 20
    while own_site.containers():
        assert time.monotonic() < with_deadline
        try:
            assert await runtime.seen() == {}
        except NotNowError:
            continue


async def test_a_slow_engine_makes_a_start_slow_and_nothing_else(own_site: Site, engine: Daemon) -> None:
    runtime = own_site.runtime()
    spec = own_site.spec("exec sleep 1000")
    await runtime.probe()
    os.kill(engine.pid, signal.SIGSTOP)
    starting = asyncio.create_task(runtime.start(spec))
    await asyncio.wait([starting], timeout=1.5)
    assert not starting.done()
    os.kill(engine.pid, signal.SIGCONT)
    assert (await runtime.seen()).get(spec.id) is None or starting.done()
    reference = await starting
    assert (await runtime.seen())[spec.id].reference == reference


@pytest.fixture
def small(root: Path) -> Iterator[Path]:
    """A file system of twelve megabytes."""
    made = root / "small"
    made.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(made)], check=True)
    yield made
    subprocess.run(["umount", "--lazy", str(made)], check=True)


async def test_an_engine_without_room_is_told_as_that_and_leaves_nothing(
    root: Path, small: Path, make_engine: MakeEngine
) -> None:
    engine = make_engine("--data-root", str(small))
    site = Site(root, engine.address, put_image(engine.address))
    runtime = site.runtime()
    await runtime.probe()
    with pytest.raises(OSError, match="No space left"):
        (small / "ballast").write_bytes(b"x" * (12 << 20))
    with pytest.raises(NotNowError, match="no space left on device; make room on the engine's disk"):
        await runtime.start(site.spec("exec sleep 1000"))
    (small / "ballast").unlink()
    assert site.containers() == []
    assert (await site.run(site.spec("exit 0"), runtime)).exit_code == 0
    await site.close()
    engine.close()


SLEEP = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
GONE = {
    "kill": {"100 engine restarted"},
    # A look may come while the engine, still answering, ends its containers.
    "stop": {"100 engine restarted", "100 ended by a foreign hand"},
}


@pytest.mark.parametrize("how", GONE)
async def test_machines_that_end_with_their_engine_end_neutral_and_once(
    own_site: Site, engine: Daemon, how: str
) -> None:
    floor = Floor(own_site, SLEEP)
    await floor.open_record()
    async with floor.keeping() as keeper:
        for _ in range(4):
            keeper.start(floor.wish())
        await until(lambda: [view.state for view in keeper.live()] == ["running"] * 4, "all run")
        await asyncio.to_thread(getattr(engine, how))
        await until(lambda: any(note.name == "engine.away" for note in floor.notes), "it is missed")
        await asyncio.to_thread(engine.start)
        await floor.settled(keeper)
        keeper.start(floor.wish())
        await until(lambda: [view.state for view in keeper.live()] == ["running"], "the next one runs")
        keeper.stop(keeper.live()[0].uuid, "drain")
        await floor.settled(keeper)
    messages = [str(end.outcome.message) for end in floor.ends()]
    assert len(messages) == 5
    assert messages[-1] == "100 drain"
    assert set(messages[:-1]) <= GONE[how]
    assert await floor.what_is_wrong() == []
    await floor.record.close()


async def test_machines_that_end_with_their_engine_while_no_factory_lives_are_told_the_same(
    own_site: Site, engine: Daemon
) -> None:
    floor = Floor(own_site, SLEEP)
    await floor.open_record()
    async with floor.keeping() as keeper:
        for _ in range(3):
            keeper.start(floor.wish())
        await until(lambda: [view.state for view in keeper.live()] == ["running"] * 3, "all run")
    await asyncio.to_thread(engine.kill)
    await asyncio.to_thread(engine.start)
    async with floor.keeping() as keeper:
        await floor.settled(keeper)
    assert [str(end.outcome.message) for end in floor.ends()] == ["100 engine restarted"] * 3
    assert await floor.what_is_wrong() == []
    await floor.record.close()


async def test_an_exit_code_outlives_a_restart_of_the_engine(own_site: Site, engine: Daemon) -> None:
    runtime = own_site.runtime()
    spec = own_site.spec("exit 3")
    await own_site.run(spec, runtime)
    ended = (await runtime.seen())[spec.id].ended_wall or 0.0
    await runtime.close()
    await asyncio.to_thread(engine.kill)
    await asyncio.to_thread(engine.start)
    seen = (await own_site.runtime().seen())[spec.id]
    assert (seen.exit_code, seen.ended_wall) == (3, ended)


async def test_after_the_record_is_lost_all_that_runs_is_adopted(own_site: Site) -> None:
    floor = Floor(
        own_site, "while ! [ -e $JOBOUTPUTS/go ]; do sleep 0.1; done; echo 200 > $JOBOUTPUTS/shutdown_message"
    )
    await floor.open_record()
    async with floor.keeping() as keeper:
        for _ in range(10):
            keeper.start(floor.wish())
        await until(lambda: [view.state for view in keeper.live()] == ["running"] * 10, "all run")
        before = {view.id: (view.uuid, view.name) for view in keeper.live()}
    await floor.lose_record()
    async with floor.keeping() as keeper:
        await until(lambda: [view.state for view in keeper.live()] == ["running"] * 10, "all are adopted")
        assert {view.id: (view.uuid, view.name) for view in keeper.live()} == before
        adopted = [note.fields["id"] for note in floor.notes if note.name == "machine.adopted"]
        assert sorted(map(str, adopted)) == sorted(before)
        for machine_id in before:
            (own_site.root / "machines" / machine_id / "joboutputs" / "go").touch()
        await floor.settled(keeper)
    assert sorted(end.uuid for end in floor.ends()) == sorted(one for one, _ in before.values())
    assert {str(end.outcome.message) for end in floor.ends()} == {"200"}
    await floor.record.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_nothing_is_lost_left_over_or_double_over_many_restarts_of_the_engine(
    own_site: Site, engine: Daemon
) -> None:
    seed = random.randrange(1 << 30)
    lots = random.Random(seed)
    floor = Floor(own_site, "sleep $((RANDOM % 10 * 4)); echo 200 done > $JOBOUTPUTS/shutdown_message")
    await floor.open_record()
    async with floor.keeping() as keeper:
        for _ in range(20):
            for _ in range(lots.randrange(1, 5)):
                keeper.start(floor.wish())
            await asyncio.sleep(lots.uniform(0, 4.0))  # the moment of the kill is what is random
            await asyncio.to_thread(engine.kill)
            await asyncio.to_thread(engine.start)
        await floor.settled(keeper)
    assert await floor.what_is_wrong() == [], f"seed {seed}"
    told = {str(end.outcome.message) for end in floor.ends()}
    assert told <= {"200 done", "100 engine restarted"}, f"seed {seed}"
    assert "100 engine restarted" in told
    await floor.record.close()
