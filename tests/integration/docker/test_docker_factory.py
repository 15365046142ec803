"""Whole factories with containers: what commands show is what the engine shows, and a kill costs nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from tests.integration.docker.docker_site import socket_of_engine
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.messages.machines import MachineState

pytestmark = pytest.mark.engine("docker")

PATIENCE_SECONDS = 90.0
WORK = """\
#!/bin/sh
echo working
touch "$JOBOUTPUTS/job_started"
while [ ! -e "$JOBOUTPUTS/finish" ]; do sleep 0.1; done
echo "200 done" >"$JOBOUTPUTS/shutdown_message"
"""
SETTINGS = """
[runtimes.docker]
socket = "{socket}"
stop_grace_seconds = 1

[targets.worker]
target_share = 1
machine_model = "docker"
root_image = "{image}"
user_data = "{work}"
fizzle_seconds = 600
backoff_seconds = 5
max_machines_per_factory = 2
memory_per_processor = "64 MiB"

[targets.lost]
target_share = 1
machine_model = "docker"
root_image = "127.0.0.1:9/nobody/has:it"
user_data = "{work}"
"""


class Engine:
    """The engine as somebody else sees it."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.api = APIClient(base_url=socket_of_engine(), version="auto")

    def containers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for member in self.space.members:
            label = f"vacnet.factory={member.name}"
            found += self.api.containers(all=True, filters={"label": [label]})
        return found

    def running(self) -> set[str]:
        return {row["Names"][0].removeprefix("/") for row in self.containers() if row["State"] == "running"}

    def close(self) -> None:
        for row in self.containers():
            self.api.remove_container(row["Id"], force=True, v=True)
        self.api.close()


@pytest.fixture
def space(root: Path, image: str) -> Iterator[Space]:
    work = root / "work"
    work.write_text(WORK)
    settings = SETTINGS.format(socket=socket_of_engine(), image=image, work=work)
    made = Space.make(root / "s", 2, name=f"t{time.time_ns() // 1000}", fragment=settings)
    made.start()
    yield made
    made.down()


@pytest.fixture
def docker(space: Space) -> Iterator[Engine]:
    made = Engine(space)
    yield made
    space.stop()
    made.close()


def _machines(space: Space, ended: int = 0) -> list[MachineState]:
    return [one for member in space.members for one in member.client().machines(ended=ended).machines]


def _running(space: Space) -> dict[str, MachineState]:
    return {one.name: one for one in _machines(space) if one.state == "running"}


def test_machines_are_the_containers_that_docker_shows_by_the_same_names(
    space: Space, docker: Engine
) -> None:
    until(lambda: len(_running(space)) == 4, PATIENCE_SECONDS, "both factories are full")
    machines = _running(space)
    assert set(machines) == docker.running()
    assert {one.kind for one in machines.values()} == {"DC"}
    first = next(iter(machines.values()))
    member = next(one for one in space.members if one.name == first.factory)
    until(
        lambda: b"".join(member.client().log(first.name)) == b"working\n", PATIENCE_SECONDS, "its words show"
    )
    (Path(first.directory) / "joboutputs" / "finish").touch()
    until(
        lambda: first.uuid not in {one.uuid for one in _running(space).values()}, PATIENCE_SECONDS, "it ends"
    )
    ended = next(one for one in _machines(space, ended=9) if one.uuid == first.uuid)
    assert (ended.outcome, ended.message) == ("ok", "200 done")
    until(lambda: len(_running(space)) == 4, PATIENCE_SECONDS, "it is replaced")
    assert b"".join(member.client().log(first.id)) == b"working\n"


def test_an_image_that_cannot_be_had_is_told_of_its_target_and_others_go_on(
    space: Space, docker: Engine
) -> None:
    until(lambda: len(_running(space)) == 4, PATIENCE_SECONDS, "the others run")
    client = space.members[0].client()
    until(
        lambda: (
            "127.0.0.1:9/nobody/has:it cannot be pulled from 127.0.0.1:9" in repr(client.events(limit=1000))
        ),
        PATIENCE_SECONDS,
        "the reason is told",
    )
    assert docker.running() == set(_running(space))


def test_a_factory_killed_and_started_again_has_the_same_containers(space: Space, docker: Engine) -> None:
    until(lambda: len(_running(space)) == 4, PATIENCE_SECONDS, "both factories are full")
    before = {one.uuid: (one.name, one.started) for one in _running(space).values()}
    for member in space.members:
        member.kill()
    assert len(docker.running()) == 4
    space.start()
    until(lambda: len(_running(space)) == 4, PATIENCE_SECONDS, "they are adopted")
    assert {one.uuid: (one.name, one.started) for one in _running(space).values()} == before
    assert len(docker.running()) == 4
