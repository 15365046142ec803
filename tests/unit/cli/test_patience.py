"""The line that says what is waited for: on a terminal, gone in the end, and never in a pipe."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from tests.unit.cli.conftest import ROOT
from vacnet.cli.output import tell
from vacnet.cli.patience import CLEAR, Waiting

PROGRAM = """
import sys
from vacnet.cli.output import tell
from vacnet.cli.patience import Waiting
with Waiting("asking a slow one", patience_seconds=0.0) as wait:
    sys.stdin.readline()
    wait("asking another")
    sys.stdin.readline()
    tell("news")
print("done")
"""


def test_a_terminal_shows_what_is_waited_for_until_it_is_over() -> None:
    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    ) as waiting:
        os.close(theirs)
        assert waiting.stdin
        assert waiting.stdout
        shown = _read_until(mine, "asking a slow one, ")
        waiting.stdin.write("\n")
        waiting.stdin.flush()
        shown += _read_until(mine, "asking another, ")
        waiting.stdin.write("\n")
        waiting.stdin.flush()
        assert waiting.stdout.read() == "done\n"
        shown += _read_until(mine, "news")
    os.close(mine)
    assert f"{CLEAR}news" in shown


def _read_until(terminal: int, words: str) -> str:
    shown = ""
    while words not in shown:
        shown += os.read(terminal, 4096).decode()
    return shown


def test_a_pipe_has_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    with Waiting("asking", patience_seconds=0.0) as wait:
        wait("asking another")
        tell("news")
    assert told.getvalue() == "news\n"
