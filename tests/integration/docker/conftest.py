"""A site of its own for each test on the engine that is there; for faults, an engine of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from docker import APIClient

from tests.integration.docker.docker_site import Site, socket_of_engine
from tools.engines.dockerd import Daemon
from tools.engines.tiny_image import import_into

MakeEngine = Callable[..., Daemon]


def put_image(socket: str) -> str:
    """Put the tiny image into an engine and return its name."""
    api = APIClient(base_url=socket, version="auto", timeout=60)
    try:
        return import_into(api)
    finally:
        api.close()


@pytest.fixture(scope="session")
def image() -> str:
    return put_image(socket_of_engine())


@pytest.fixture
def root() -> Iterator[Path]:
    # Not tmp_path: names of tests are sentences, and a socket's path has to fit 107 bytes.
    made = Path(tempfile.mkdtemp(prefix="vn-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def site(root: Path, image: str) -> AsyncIterator[Site]:
    made = Site(root, socket_of_engine(), image)
    yield made
    await made.close()


@pytest.fixture
def make_engine(root: Path) -> Iterator[MakeEngine]:
    """Make engines that a test may kill."""
    made: list[Daemon] = []

    def make(*options: str) -> Daemon:
        home = root / f"docker{len(made)}"
        home.mkdir()
        made.append(Daemon(home, options))
        made[-1].start()
        return made[-1]

    yield make
    for daemon in made:
        daemon.close()


@pytest.fixture
def engine(make_engine: MakeEngine) -> Daemon:
    return make_engine()


@pytest.fixture
async def own_site(engine: Daemon, root: Path) -> AsyncIterator[Site]:
    """A site on an engine of its own."""
    made = Site(root, engine.address, put_image(engine.address))
    yield made
    for runtime in made.runtimes:
        await runtime.close()
    made.api.close()
