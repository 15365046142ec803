"""A space at work on loopback, and a web server that says whatever a test wants."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.hostile.pipe_server import PipeServer
from tools.space import Member, Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError

PATIENCE_SECONDS = 30.0

WORK = """\
#!/bin/sh
touch "$JOBOUTPUTS/job_started"
sleep 0.3
echo "200 done" >"$JOBOUTPUTS/shutdown_message"
"""

TARGET = """
[targets.worker]
target_share = 1
machine_model = "process"
user_data = "{work}"
max_machines_per_factory = 1
claim_wait_seconds = 0.1
memory_per_processor = "64 MiB"
"""

MakeSpace = Callable[..., Space]


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="vn-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def make_space(directory: Path) -> Iterator[MakeSpace]:
    """Make a space whose machines of the target `worker` end ok all the time: while they do, all goes on."""
    (directory / "work").write_text(WORK)
    made: list[Space] = []

    def make(count: int, more: str = "", name: str = "demo") -> Space:
        fragment = TARGET.format(work=directory / "work") + more
        space = Space.make(directory / f"s{len(made)}", count, fragment=fragment, name=name)
        made.append(space)
        return space

    yield make
    for space in made:
        space.down()


@pytest.fixture
def server() -> Iterator[PipeServer]:
    made = PipeServer()
    yield made
    made.close()


def started(member: Member) -> Member:
    """Start a factory and wait until it answers."""
    member.start()
    until(lambda: answers(member), PATIENCE_SECONDS, f"{member.name} answers")
    return member


def answers(member: Member) -> bool:
    with suppress(ClientError):
        member.client().health()
        return True
    assert member.running(), member.last_words()
    return False


def goes_on(member: Member) -> None:
    """Wait until machines that were made from now on have ended ok."""
    before = {machine.uuid for machine in member.client().machines(ended=1000).machines}
    until(lambda: len(_ok(member) - before) >= 2, PATIENCE_SECONDS, f"{member.name} makes machines")


def _ok(member: Member) -> set[str]:
    return {
        machine.uuid for machine in member.client().machines(ended=1000).machines if machine.outcome == "ok"
    }


def warned(member: Member, *words: str) -> bool:
    """Tell whether one warning that people see has all these words."""
    return any(all(word in line for word in words) for line in member.client().space().warnings)


def events(member: Member, name: str) -> list[dict[str, object]]:
    """Return the fields of all events of a name."""
    return [event.fields for event in member.client().events(limit=1000).events if event.name == name]


def counter(member: Member, name: str) -> int:
    """Return what a factory has counted under a name."""
    return member.client().health().counters.get(name, 0)
