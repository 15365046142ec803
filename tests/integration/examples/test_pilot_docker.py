"""The pilot as a container: its queue is in the engine's own network, where the pilots can reach it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import APIClient

from tests.integration.docker.docker_site import socket_of_engine
from tests.integration.examples.conftest import StartExample
from tools.engines.tiny_image import import_into
from tools.space.member import Member
from tools.space.waiting import until
from vacnet.factory.client import ClientError, MachineState, StopOrder

pytestmark = pytest.mark.engine("docker")

PATIENCE_SECONDS = 60.0
TAKE = """\
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
for job in /jobs/*; do
    mv "$job" /taken 2>/dev/null && cat "/taken/${job#/jobs/}" && exit
done
"""
"""A queue: each job is given to one who asks; who finds none gets nothing."""
SETTINGS = """
[runtimes.docker]
socket = "{socket}"
stop_grace_seconds = 1
"""
OUR_HOST = {
    '"process", "docker"': '"docker"',
    "docker://busybox:latest": "docker://{image}",
    "https://experiment.example.org/queue": "{queue}",
}


class Queue:
    """A web server of busybox in a container."""

    def __init__(self, directory: Path) -> None:
        self.api = APIClient(base_url=socket_of_engine(), version="auto", timeout=60)
        self.image = import_into(self.api)
        self.jobs = directory / "jobs"
        for name in ("jobs", "taken"):
            (directory / name).mkdir()
        program = directory / "take"
        program.write_text(TAKE)
        program.chmod(0o755)
        binds = {"jobs": "/jobs", "taken": "/taken", "take": "/www/cgi-bin/take"}
        host = self.api.create_host_config(
            binds=[f"{directory}/{here}:{there}" for here, there in binds.items()]
        )
        command = ["httpd", "-f", "-p", "80", "-h", "/www"]
        self.container = self.api.create_container(self.image, command, host_config=host)["Id"]
        self.api.start(self.container)

    @property
    def address(self) -> str:
        """Return where machines on the engine's default network find it."""
        networks = self.api.inspect_container(self.container)["NetworkSettings"]["Networks"]
        return f"http://{networks['bridge']['IPAddress']}/cgi-bin"

    def put(self, *payloads: str) -> None:
        """Put payloads into the queue, the first to be taken first."""
        for number, payload in enumerate(payloads):
            (self.jobs / f"{number}").write_text(payload)

    def close(self) -> None:
        self.api.remove_container(self.container, force=True, v=True)
        self.api.close()


@pytest.fixture
def queue(directory: Path) -> Iterator[Queue]:
    made = Queue(directory)
    yield made
    made.close()


def _start(start: StartExample, queue: Queue) -> Member:
    changes = {there: here.format(image=queue.image, queue=queue.address) for there, here in OUR_HOST.items()}
    return start("pilot", changes, SETTINGS.format(socket=socket_of_engine()))


def _machines(factory: Member) -> tuple[MachineState, ...]:
    try:
        return factory.client().machines(ended=100).machines
    except ClientError:
        assert factory.running(), factory.last_words()
        return ()


def _wait_for(factory: Member, message: str) -> MachineState:
    def found() -> list[MachineState]:
        return [one for one in _machines(factory) if one.outcome and one.message.startswith(message)]

    until(lambda: found() != [], PATIENCE_SECONDS, f"one ends with {message!r}:\n{factory.last_words()}")
    return found()[0]


def test_pilots_in_containers_do_what_is_in_the_queue_and_say_when_it_is_empty(
    start: StartExample, queue: Queue
) -> None:
    queue.put(*(f"echo {n} in $(hostname) && sleep 0.2" for n in range(3)))
    factory = _start(start, queue)
    done = _wait_for(factory, "200 3 payloads done")
    assert (done.kind, done.outcome, done.target) == ("DC", "ok", "example-docker")
    said = b"".join(factory.client().log(done.id)).decode()
    assert f"2 in {done.name}" in said
    assert "payload 3 done" in said
    assert Path(done.directory, "joboutputs", "heartbeat").exists()
    assert list(queue.jobs.iterdir()) == []


def test_a_pilot_in_a_container_without_a_payload_reports_no_work(start: StartExample, queue: Queue) -> None:
    factory = _start(start, queue)
    assert _wait_for(factory, "300 no more work").outcome == "nowork"
    states = {target.name: target.state for target in factory.client().space().targets}
    assert states["example-docker"] == "back-off"


def test_a_pilot_in_a_container_that_is_asked_to_end_says_so(start: StartExample, queue: Queue) -> None:
    queue.put("sleep 600")
    factory = _start(start, queue)
    until(lambda: any(one.proven for one in _machines(factory)), PATIENCE_SECONDS, "it works")
    proven = [one for one in _machines(factory) if one.proven]
    factory.client().stop(proven[0].id, StopOrder(reason="a test"))
    assert _wait_for(factory, "100 asked to end").outcome == "neutral"
