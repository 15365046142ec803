"""What the tests of commands share: a factory that answers by heart, and commands as processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from vacnet.cli import run

ROOT = Path(__file__).parents[3]
PROGRAM = "import sys; sys.argv[0] = 'vacnet'; from vacnet.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Yield a directory whose path leaves room for a socket's name (108 bytes)."""
    with tempfile.TemporaryDirectory(prefix="vac") as name:
        yield Path(name)


@pytest.fixture
def daemon(short_path: Path) -> Iterator[Path]:
    """Yield the socket of a healthy factory."""
    with answering(short_path / "control.sock", answers()) as socket:
        yield socket


@pytest.fixture
def vacnet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a call of the command in this process, without a terminal: quick, for most tests."""

    def call(*words: str | Path, socket: Path | None = None, **more: str) -> Done:
        for name, value in _environment(tmp_path, socket, more).items():
            monkeypatch.setenv(name, value)
        time.tzset()
        capfd.readouterr()
        code = run([str(word) for word in words])
        return Done(code, *capfd.readouterr())

    yield call
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def program(tmp_path: Path) -> Command:
    """Return a call of the command as a process of its own, as a shell makes it."""
    return _caller(tmp_path)


@pytest.fixture
def bound_program(tmp_path: Path) -> Command:
    """Return the same bound by the permissions of files also where root runs the tests."""
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    return _caller(tmp_path, bound if os.geteuid() == 0 else ())


def _caller(tmp_path: Path, before: Sequence[str] = ()) -> Command:
    def call(*words: str | Path, socket: Path | None = None, **more: str) -> Done:
        done = subprocess.run(
            [*before, sys.executable, "-c", PROGRAM, *map(str, words)],
            env=_environment(tmp_path, socket, more),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return call


def _environment(home: Path, socket: Path | None, more: dict[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "VACNET_SOCKET": str(socket or home / "none.sock"),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        **more,
    }
