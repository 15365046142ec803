"""What the tests of commands share: a factory that answers by heart, and commands as processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers

ROOT = Path(__file__).parents[3]
PROGRAM = "import sys; sys.argv[0] = 'vacnet'; from vacnet.cli import main; main()"

Command = Callable[..., subprocess.CompletedProcess[str]]


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
def vacnet(tmp_path: Path) -> Command:
    """Return a call of the command as a process of its own, without a terminal."""

    def run(*words: str | Path, socket: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "VACNET_SOCKET": str(socket or tmp_path / "none.sock"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            **more,
        }
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run
