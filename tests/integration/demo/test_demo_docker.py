"""The demo in containers: it agrees with itself, and neither container nor image nor file of it is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker import APIClient

from tools.demo import models
from tools.demo.image import LEFT_OUT
from tools.engines.dockerd import Daemon
from tools.space.left_over import processes_that_mention
from tools.space.waiting import until

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(600)]
needs_engine = pytest.mark.engine("docker")


@pytest.fixture
def engine(place: Path) -> Iterator[Daemon]:
    """An engine whose network this test is in, as the demo is in that of its host's engine."""
    home = place / "docker"
    home.mkdir()
    made = Daemon(home)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def api(engine: Daemon) -> Iterator[APIClient]:
    made = APIClient(base_url=engine.address, version="auto")
    yield made
    made.close()


@contextmanager
def _demo(engine: Daemon, temporary: Path, out: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo beside the engine; it ends with the block in any case."""
    temporary.mkdir(mode=0o755)
    command = [sys.executable, "-m", "tools.demo", "--model", "docker", "--out", str(out), *words]
    demo = subprocess.Popen(
        engine.inside(command),
        env=os.environ | {"TMPDIR": str(temporary), "DOCKER_HOST": engine.address},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with demo:
        try:
            yield demo
        finally:
            demo.terminate()


def _left(api: APIClient, temporary: Path) -> list[object]:
    return [
        *api.containers(all=True),
        *api.images(),
        *temporary.iterdir(),
        *processes_that_mention(temporary),
    ]


@needs_engine
def test_the_demo_in_containers_agrees_and_leaves_nothing(
    engine: Daemon, api: APIClient, place: Path, tmp_path: Path
) -> None:
    with _demo(engine, place / "demo", tmp_path, "--tiles", "24", "--patience", "4") as demo:
        said, _ = demo.communicate()
    assert demo.returncode == 0, said
    summary = (tmp_path / "summary.txt").read_text()
    assert "24 of 24 tiles done" in summary
    assert "Machines, outcomes and the queue's takers agree." in summary
    assert (tmp_path / "mandelbrot-1.png").read_bytes().startswith(b"\x89PNG")
    assert _left(api, place / "demo") == []


@needs_engine
def test_whoever_interrupts_the_demo_in_containers_finds_nothing_left(
    engine: Daemon, api: APIClient, place: Path, tmp_path: Path
) -> None:
    with _demo(engine, place / "demo", tmp_path) as demo:
        until(lambda: bool(api.containers()), 60, "a container runs")
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    assert "Interrupted: machines that still ran were ended" in said
    assert _left(api, place / "demo") == []


@pytest.mark.parametrize(
    ("host", "words"),
    [
        (
            "unix:///nowhere/docker.sock",
            "there is no engine at /nowhere/docker.sock: start it (systemctl start",
        ),
        ("tcp://127.0.0.1:9", "factories use an engine of their own host, by unix://PATH"),
    ],
)
def test_where_no_engine_is_that_is_said_with_what_to_do(
    host: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(models.ModelError) as told, models.MODELS["docker"](tmp_path):
        pytest.fail("there is no engine")
    assert words in str(told.value)


def test_the_image_has_no_part_of_the_library_that_takes_room_and_is_not_used() -> None:
    kept = ("lib/python3.11/json/decoder.py", "lib/python3.11/http/client.py", "lib/python3.11/latest.py")
    left_out = ("lib/python3.11/test/x.py", "lib/python3.11/site-packages", "lib/python3.11/os.opt-1.pyc")
    assert [name for name in (*kept, *left_out) if not LEFT_OUT.search(name)] == list(kept)
