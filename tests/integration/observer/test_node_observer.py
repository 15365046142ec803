"""A second implementation, in another language, written from `protocol/` alone: it sees what vacnet shows.

Rules of this folder: what is here in JavaScript knows `protocol/SPEC.md` and nothing of the code. Where
it lacked something, the specification was mended.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.left_out import leave_out
from tools.space.space import Space
from tools.space.waiting import until
from tools.vectors.files import FOLDER
from vacnet.targets.keys import format_key

pytestmark = pytest.mark.engine("node")

HERE = Path(__file__).parent
PATIENCE_SECONDS = 40.0
MIB = 1 << 20
OF_FACTORIES = (
    "name", "state", "address", "flags", "processors_total", "processors_free", "machines_running",
    "machines_starting", "deadline_seconds", "version",
)  # fmt: skip
OF_TARGETS = (
    "name", "machines_running", "machines_starting", "processors", "window_number", "window_opener",
    "window_length_seconds", "streak", "proofs", "noworks", "tickets_taken",
)  # fmt: skip
MEASURED = {"memory_free_bytes": MIB, "disk_free_bytes": MIB, "load": 0.01}
"""What is measured, by the steps in which rows tell it. Of itself a factory shows what it measured last, and
tells others only what has moved far enough."""

WORK = """\
#!/bin/sh
touch "$JOBOUTPUTS/job_started"
while [ ! -e "$JOBOUTPUTS/finish" ]; do sleep 0.1; done
echo "200 done" >"$JOBOUTPUTS/shutdown_message"
"""
NOTHING = """\
#!/bin/sh
echo "300 nothing to do" >"$JOBOUTPUTS/shutdown_message"
"""
TARGET = """
[targets.{name}]
target_share = 1
machine_model = "process"
user_data = "{program}"
fizzle_seconds = 600
proof = "job_started"
backoff_seconds = {backoff}
max_machines_per_factory = 2
memory_per_processor = "64 MiB"
"""


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """Bring the packages of the lock file into a directory of their own."""
    directory = Path(tempfile.mkdtemp(prefix="vacnet-node-"))
    for path in (*HERE.glob("*.mjs"), *HERE.glob("package*.json")):
        shutil.copy(path, directory)
    words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=100)
    if done.returncode:
        leave_out("node", f"npm does not bring the packages: {done.stderr.strip()[-300:]}")
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="vn-node-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def space(directory: Path) -> Iterator[Space]:
    """Three factories at work on one target and in back-off with another, and a key for observers."""
    fragment = ""
    for name, program, backoff in (("worker", WORK, 5), ("idler", NOTHING, 600)):
        path = directory / name
        path.write_text(program)
        path.chmod(0o755)
        fragment += TARGET.format(name=name, program=path, backoff=backoff)
    made = Space.make(directory / "s", 3, fragment=fragment)
    line = format_key(secrets.token_bytes(32), "observe")
    (directory / "observe.key").write_text(f"{line}  # may look\n")
    for member in made.members:
        with (member.config / "space.key").open("a") as file:
            file.write(line + "\n")
    yield made
    made.down()


def test_the_vectors_hold(installed: Path) -> None:
    done = subprocess.run(
        ["node", installed / "vectors.mjs", FOLDER], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 80


def test_it_shows_the_table_that_vacnet_shows(installed: Path, space: Space, directory: Path) -> None:
    space.start()
    key = directory / "observe.key"
    until(lambda: _at_work(space), PATIENCE_SECONDS, "both targets have been tried")
    _agree(installed, space, key)
    space.member(3).stop()
    until(lambda: _departed(space), PATIENCE_SECONDS, "the others hear the goodbye")
    _agree(installed, space, key)


def test_with_another_key_or_name_it_is_told_nothing(installed: Path, space: Space, directory: Path) -> None:
    space.start()
    other = directory / "other.key"
    other.write_text(format_key(secrets.token_bytes(32), "observe") + "\n")
    looking = [
        _look(installed, space, other, "demo", 5),
        _look(installed, space, directory / "observe.key", "another", 5),
    ]
    assert [one.wait(60) for one in looking] == [75, 75]
    assert [one.communicate()[0] for one in looking] == ["", ""]


def _at_work(space: Space) -> bool:
    state = space.state(2)
    targets = {} if state is None else {one.name: one for one in state.targets}
    return len(targets) == 2 and targets["idler"].window_number > 0 and targets["worker"].proofs > 0


def _departed(space: Space) -> bool:
    state = space.state(2)
    return state is not None and "departed" in {one.state for one in state.factories}


def _agree(installed: Path, space: Space, key: Path) -> None:
    """Wait until both show the same: while machines start they are looked at a moment apart."""
    tables: list[dict[str, Any]] = []

    def same() -> bool:
        tables[:] = [_table(_plain(space)), _table(_looked(installed, space, key))]
        return tables[0] == tables[1]

    with suppress(TimeoutError):
        until(same, PATIENCE_SECONDS, "both show the same")
    assert tables[1] == tables[0]


def _plain(space: Space) -> dict[str, Any]:
    """Return what `vacnet space --json` prints for the factory that is asked."""
    plain: dict[str, Any] = json.loads(msgspec.json.encode(space.member(2).client().space()))
    return plain


def _looked(installed: Path, space: Space, key: Path) -> dict[str, Any]:
    looking = _look(installed, space, key, space.name)
    told, problem = looking.communicate(timeout=60)
    assert looking.returncode == 0, problem
    table: dict[str, Any] = json.loads(told)
    return table


def _look(installed: Path, space: Space, key: Path, name: str, seconds: int = 30) -> subprocess.Popen[str]:
    peer = f"127.0.0.1:{space.member(2).port}"
    words = ["node", f"{installed}/observer.mjs", "--peer", peer, "--key", str(key), "--space", name]
    words += ["--seconds", str(seconds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _table(state: dict[str, Any]) -> dict[str, Any]:
    """Return what of a table follows from the rows alone."""
    return {
        "space": state["space"],
        "factory": state["factory"],
        "factories": [
            [one[field] for field in OF_FACTORIES]
            + [_steps(one[field], of) for field, of in MEASURED.items() if one["name"] != state["factory"]]
            for one in state["factories"]
        ],
        "targets": [[one[field] for field in OF_TARGETS] for one in state["targets"]],
    }


def _steps(value: float, step: float) -> int:
    return int(value / step) if step > 1 else round(value / step)
