"""The demo's payloads run as they are, against its real server: what they say is what a factory will read."""

import http.client
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.demo.picture import picture
from tools.demo.server import FILES, serving
from tools.demo.work import Work


def _run(name: str, directory: Path, substitutions: Mapping[str, str]) -> str:
    """Run a payload with its template filled in; return what it wrote last."""
    text = (FILES / name).read_text()
    for key, value in substitutions.items():
        text = text.replace(f"##user_data_{key}##", value)
    program = directory / "user_data"
    program.write_text(text)
    program.chmod(0o755)
    environment = {"PATH": "/usr/bin:/bin", "JOBOUTPUTS": str(directory)}
    subprocess.run([program], env=environment, check=False, timeout=60)
    return (directory / "shutdown_message").read_text().strip()


def _worker(address: str, machine: str) -> Mapping[str, str]:
    return {"option_queue": f"{address}/queue", "uuid": machine}


def test_a_worker_renders_all_tiles_and_says_so(tmp_path: Path) -> None:
    work = Work(picture(1, 200), pace_seconds=0.0)
    work.add_batch(0)
    with serving(work) as address:
        message = _run("mandelbrot", tmp_path, _worker(address, "m1"))
    done = work.progress().done
    assert message == f"200 rendered {done} tiles"
    assert 0 < done == work.takers()["m1"]
    assert (tmp_path / "job_started").exists()
    assert (tmp_path / "heartbeat").exists()


def test_a_worker_that_finds_nothing_says_no_more_work_and_proves_nothing(tmp_path: Path) -> None:
    work = Work(picture(1, 4))
    with serving(work) as address:
        assert _run("mandelbrot", tmp_path, _worker(address, "m1")) == "300 no more work"
    assert not (tmp_path / "job_started").exists()
    assert work.turned_away() == {"m1"}


def test_a_worker_without_a_queue_says_that_it_is_transient(tmp_path: Path) -> None:
    with serving(Work(picture(1, 4))) as address:
        gone = address
    assert _run("mandelbrot", tmp_path, _worker(gone, "m1")).startswith("700 the queue cannot be reached")


def test_idle_never_has_work(tmp_path: Path) -> None:
    assert _run("idle", tmp_path, {}) == "300 no more work"


def test_faulty_fails_on_the_broken_factory_alone(tmp_path: Path) -> None:
    for here, message in (("a", "500 the scratch disk of a is read-only"), ("b", "200 all done")):
        directory = tmp_path / here
        directory.mkdir()
        told = _run("faulty", directory, {"manager_hostname": here, "option_broken_on": "a"})
        assert told == message
        assert (directory / "job_started").exists() == (here == "b")


def test_the_pipe_and_its_payloads_are_served_with_the_address_they_are_served_at() -> None:
    with serving(Work(picture(1, 4))) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"))
        connection.request("GET", "/vacuum-pipe.json")
        pipe = connection.getresponse().read().decode()
        connection.close()
    assert f"{address}/mandelbrot" in pipe
    assert ":8000" not in pipe
