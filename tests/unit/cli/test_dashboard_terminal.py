"""The dashboard in a real (pseudo) terminal: what it shows, how it is left, what it leaves behind."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import PROGRAM, ROOT

SCREEN_TAKEN = "\x1b[?1049h"
SCREEN_GIVEN_BACK = "\x1b[?1049l"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PATIENCE_SECONDS = 20.0


class Terminal:
    """A terminal of 80x24 with `vacnet space` in it."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self.descriptor = descriptor
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.seen = ""

    def wait_for(self, words: str) -> None:
        """Read until the words have been shown, in whatever colours, since the last call."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        before = len(self.seen)
        while words not in COLOURS.sub("", self.seen[before:]):
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.descriptor], [], [], max(0.0, left))
            assert ready, f"{words!r} was not shown within {PATIENCE_SECONDS} s"
            self.read()

    def read(self) -> bool:
        """Read what is there and return whether there may be more."""
        try:
            chunk = os.read(self.descriptor, 1 << 16)
        except OSError:  # Linux tells the end of a terminal so
            return False
        self.seen += self.decoder.decode(chunk)
        return bool(chunk)

    def type(self, keys: str) -> None:
        """Type keys."""
        os.write(self.descriptor, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Change the window's size, which the kernel tells by SIGWINCH."""
        ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def code(self) -> int:
        """Read on until the command has ended and return its exit code."""
        while self.read():
            pass
        return self.process.wait(PATIENCE_SECONDS)


# The command leads a session of its own, so the first terminal that it opens becomes its own:
# Ctrl-C typed there reaches it as a signal.
IN_TERMINAL = f"import os; os.open(os.ttyname(0), os.O_RDWR); {PROGRAM}"


@contextmanager
def terminal(socket: Path) -> Iterator[Terminal]:
    """Run `vacnet space` in a terminal."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "VACNET_SOCKET": str(socket),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", IN_TERMINAL, "space"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        made = Terminal(process, ours)
        made.resize(80, 24)
        try:
            yield made
        finally:
            process.kill()
            os.close(ours)


@pytest.mark.parametrize("way", ["q", "\x03", "SIGTERM"])
def test_it_is_left_in_order_and_gives_the_screen_back(daemon: Path, way: str) -> None:
    with terminal(daemon) as shown:
        shown.wait_for("q quit")
        if way == "SIGTERM":
            shown.process.terminate()
        else:
            shown.type(way)
        assert shown.code() == 0
    taken, _, rest = shown.seen.partition(SCREEN_TAKEN)
    assert "Traceback" not in taken + rest
    assert SCREEN_GIVEN_BACK in rest
    assert "lhcb-prod" in rest.rpartition(SCREEN_GIVEN_BACK)[2]


def test_a_wider_window_shows_more(daemon: Path) -> None:
    with terminal(daemon) as shown:
        shown.wait_for("q quit")
        shown.resize(160, 50)
        shown.wait_for("Decisions and events")
        shown.type("q")
        assert shown.code() == 0


def test_a_daemon_that_goes_leaves_the_picture_and_comes_back_into_it(short_path: Path) -> None:
    socket = short_path / "control.sock"
    with ExitStack() as running:
        daemon = running.enter_context(ExitStack())
        daemon.enter_context(answering(socket, answers("one-silent")))
        shown = running.enter_context(terminal(socket))
        shown.wait_for("q quit")
        daemon.close()
        shown.wait_for("no factory answers")
        daemon.enter_context(answering(socket, answers("draining")))
        shown.wait_for("new DIMMs")
        shown.type("q")
        assert shown.code() == 0


def test_without_a_daemon_it_never_takes_the_screen(short_path: Path) -> None:
    with terminal(short_path / "none.sock") as shown:
        assert shown.code() == 69
    assert SCREEN_TAKEN not in shown.seen
    assert "no factory answers" in shown.seen
