"""Every command that asks a factory, where none answers: one line that says what to do, and its exit code."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Command
from tests.unit.console import goldens

ASKING = (
    "space",
    "space --once",
    "space --until idle",
    "machines",
    "machines --factory vac02.example.org",
    "targets",
    "factories",
    "factories --format squid",
    "factories --format prometheus-sd",
    "history",
    "history --by factory",
    "why lhcb-prod",
    "logs",
    "logs vac01-03.example.org",
    "events",
    "events -f",
    "health",
    "stop vac01-03.example.org --reason x",
    "drain --reason x",
    "undrain",
    "target hold lhcb-prod --reason x",
    "target release lhcb-prod --reason x",
    "peers list",
    "simulate --from-live",
)


def test_without_a_daemon_each_command_says_in_one_line_what_to_do(vacnet: Command, tmp_path: Path) -> None:
    told = []
    for words in ASKING:
        done = vacnet(*words.split())
        streams = (("stdout", done.stdout), ("stderr", done.stderr))
        lines = [f"  {name}: {line}" for name, text in streams for line in text.splitlines()]
        told += [f"$ vacnet {words}   # exits with {done.returncode}", *lines]
    text = "".join(f"{line}\n" for line in told).replace(str(tmp_path), "/run/vacnet")
    assert "Traceback" not in text
    goldens.check("no-daemon", text)
