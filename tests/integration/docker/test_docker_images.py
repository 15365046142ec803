"""Images that are there, that come, that come slowly, and that cannot be had."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.docker.docker_site import Site
from tools.engines.dockerd import Daemon
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.client import Patience
from vacnet.targets.model import PullPolicy

pytestmark = pytest.mark.engine("docker")

ROOT = Path(__file__).parents[3]
PORT = 5000
IMAGE = f"127.0.0.1:{PORT}/tiny"

Serve = Callable[..., str]


@pytest.fixture
def serve(engine: Daemon) -> Iterator[Serve]:
    """Run a registry where the engine reaches it; each call replaces the one before by another image."""
    running: list[subprocess.Popen[str]] = []

    def start(credentials: str = "", bytes_per_second: float = 0) -> str:
        _end(running)
        words = [sys.executable, "-m", "tests.integration.docker.tiny_registry"]
        options = [str(PORT), credentials, str(bytes_per_second)]
        command = engine.inside([*words, *options])
        # Entering a mount name space leads to its root directory.
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        assert running[-1].stdout is not None
        return running[-1].stdout.readline().strip()

    yield start
    _end(running)


def _end(running: list[subprocess.Popen[str]]) -> None:
    for one in running:
        one.kill()
        one.communicate()
    running.clear()


def _layers_fetched(engine: Daemon) -> int:
    asked = ["busybox", "wget", "-qO-", f"http://127.0.0.1:{PORT}/count"]
    return int(subprocess.run(engine.inside(asked), capture_output=True, check=True).stdout)


async def test_an_image_that_is_missing_is_pulled_once_for_all_who_wait(
    own_site: Site, engine: Daemon, serve: Serve
) -> None:
    serve(bytes_per_second=2e6)
    runtime = own_site.runtime()
    specs = [own_site.spec("exit 0", root_image=f"docker://{IMAGE}") for _ in range(5)]
    await asyncio.gather(*(runtime.start(spec) for spec in specs))
    assert len(own_site.containers()) == 5
    assert _layers_fetched(engine) == 1


async def test_an_image_named_by_its_digest_is_that_image(own_site: Site, serve: Serve) -> None:
    digest = serve()
    runtime = own_site.runtime(pull_policy=PullPolicy.ALWAYS)
    spec = own_site.spec("exit 0", root_image=f"{IMAGE}@{digest}")
    assert (await own_site.run(spec, runtime)).exit_code == 0
    serve()
    again = own_site.spec("exit 0", root_image=f"{IMAGE}@{digest}")
    assert (await own_site.run(again, runtime)).exit_code == 0


async def test_always_takes_what_the_tag_means_now_and_missing_what_is_here(
    own_site: Site, serve: Serve
) -> None:
    serials = []
    for policy in (PullPolicy.MISSING, PullPolicy.MISSING, PullPolicy.ALWAYS):
        serve()
        spec = own_site.spec("exit 0", root_image=IMAGE)
        await own_site.run(spec, own_site.runtime(pull_policy=policy))
        serials.append(own_site.inspect(spec.name)["Config"]["Labels"]["serial"])
    assert serials[0] == serials[1] != serials[2]


async def test_a_slow_pull_is_told_of_holds_up_nobody_and_goes_on(own_site: Site, serve: Serve) -> None:
    serve(bytes_per_second=400_000)
    runtime = own_site.runtime(patience=Patience(pull_seconds=0.7))
    slow, quick = own_site.spec("exit 0", root_image=IMAGE), own_site.spec("exit 0")
    waiting = asyncio.create_task(runtime.start(slow))
    began = time.monotonic()
    await runtime.start(quick)
    assert time.monotonic() - began < 10.0
    with pytest.raises(NotNowError, match=f"image {IMAGE} is being pulled from 127.0.0.1:5000: "):
        await waiting
    assert own_site.inspect(slow.name) == {}
    told = []
    async with asyncio.timeout(60):
        while True:
            try:
                await runtime.start(slow)
                break
            except NotNowError as later:
                told.append(str(later))
    assert any("of 1 MB are here" in words for words in told), told


async def test_an_image_nobody_has_is_told_with_its_name_its_registry_and_what_to_do(
    own_site: Site, serve: Serve
) -> None:
    serve()
    runtime = own_site.runtime()
    with pytest.raises(NotNowError) as told:
        await runtime.start(own_site.spec("", root_image="docker://127.0.0.1:5000/nothing:v1"))
    assert str(told.value).startswith(
        "image 127.0.0.1:5000/nothing:v1 cannot be pulled from 127.0.0.1:5000: manifest"
    )
    assert str(told.value).endswith("; check root_image: name and tag")
    assert own_site.containers() == []


async def test_a_registry_that_cannot_be_reached_is_told_as_that(own_site: Site) -> None:
    with pytest.raises(NotNowError, match=r"connection refused; see whether this host reaches the registry"):
        await own_site.runtime().start(own_site.spec("", root_image="127.0.0.1:9/tiny"))


async def test_never_pulls_nothing_and_says_how_to_get_the_image(own_site: Site, serve: Serve) -> None:
    serve()
    runtime = own_site.runtime(pull_policy=PullPolicy.NEVER)
    with pytest.raises(NotNowError, match=f"image {IMAGE} is not on this host, and pull_policy .* is never"):
        await runtime.start(own_site.spec("", root_image=IMAGE))
    assert (await own_site.run(own_site.spec("exit 0"), runtime)).exit_code == 0


@pytest.fixture
def auth_file(root: Path) -> Path:
    file = root / "auth.json"
    secret = b64encode(b"me:hunter2").decode()
    file.write_text(json.dumps({"auths": {f"127.0.0.1:{PORT}": {"auth": secret}}}))
    return file


async def test_credentials_are_taken_from_the_sites_file_and_shown_to_nobody(
    own_site: Site, serve: Serve, auth_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve("me:hunter2")
    told = ""
    with pytest.raises(NotNowError) as refused:
        await own_site.runtime().start(own_site.spec("", root_image=IMAGE))
    assert "by auth_file in [runtimes.docker]" in str(refused.value)
    runtime = own_site.runtime(auth_file=str(auth_file))
    assert (await own_site.run(own_site.spec("exit 0", root_image=IMAGE), runtime)).exit_code == 0
    told = "".join(capsys.readouterr())
    assert "docker.pulled" in told
    assert "hunter2" not in told
    assert b64encode(b"me:hunter2").decode() not in told


async def test_a_file_of_credentials_that_cannot_be_read_is_named(own_site: Site, serve: Serve) -> None:
    serve()
    runtime = own_site.runtime(auth_file="/nowhere/auth.json")
    with pytest.raises(NotNowError, match=r"auth_file /nowhere/auth.json .*\(No such file or directory\)"):
        await runtime.start(own_site.spec("", root_image=IMAGE))
