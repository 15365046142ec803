"""Factories as real processes on loopback, their files where machines of another user can reach them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.space.space import Space

MakeSpace = Callable[..., Space]

WORK = """\
#!/bin/sh
touch "$JOBOUTPUTS/job_started"
echo working as $$
while [ ! -e "$JOBOUTPUTS/finish" ]; do sleep 0.1; done
echo "200 done" >"$JOBOUTPUTS/shutdown_message"
"""

TARGET = """
[targets.worker]
target_share = 1
machine_model = "process"
user_data = "{work}"
fizzle_seconds = 600
backoff_seconds = 5
max_machines_per_factory = 2
memory_per_processor = "64 MiB"
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="vn-"))
    made.chmod(0o711)
    work = made / "work"
    work.write_text(WORK)
    work.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def fragment(directory: Path) -> str:
    return TARGET.format(work=directory / "work")


@pytest.fixture
def make_space(directory: Path, fragment: str) -> Iterator[MakeSpace]:
    made: list[Space] = []

    def make(count: int) -> Space:
        space = Space.make(directory / "s", count, fragment=fragment)
        made.append(space)
        return space

    yield make
    for space in made:
        space.down()
