from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import ROOT

HEAVY = {
    "aiohttp",
    "textual",
    "asyncio",
    "tomlkit",
    "docker",
    "sqlite3",
    "structlog",
    "psutil",
    "vacnet.factory.daemon",
}

REPORT = """
import sys, json
sys.path.insert(0, {root!r})
from vacnet.cli import run
sys.stdout = sys.stderr
code = run({words!r})
sys.stdout = sys.__stdout__
print(json.dumps(sorted(sys.modules)))
"""


def imported_by(*words: str, socket: Path) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    program = REPORT.format(root=str(ROOT), words=words)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"VACNET_SOCKET": str(socket)},
        capture_output=True,
        timeout=30,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("machines", "--json"),
        ("space", "--once"),
        ("space", "--until", "idle", "--timeout", "0"),
        ("factories", "--format", "squid"),
        ("history",),
        ("logs",),
        ("events",),
        ("health",),
        ("peers", "list"),
    ],
)
def test_a_command_imports_nothing_heavy(words: tuple[str, ...], daemon: Path) -> None:
    assert imported_by(*words, socket=daemon) & HEAVY == set()


def test_json_needs_no_rich(daemon: Path) -> None:
    assert not {name for name in imported_by("machines", "--json", socket=daemon) if name.startswith("rich")}
