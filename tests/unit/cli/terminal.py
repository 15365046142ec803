"""A real (pseudo) terminal with `vacnet space` in it, as an admin has it open."""

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
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

from tests.unit.cli.conftest import PROGRAM, ROOT

SCREEN_TAKEN = "\x1b[?1049h"
SCREEN_GIVEN_BACK = "\x1b[?1049l"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PATIENCE_SECONDS = 20.0


class Terminal:
    """A terminal of 80x24 with `vacnet space` in it."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int, patience_seconds: float) -> None:
        self.process = process
        self.patience_seconds = patience_seconds
        self.descriptor = descriptor
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.seen = ""

    def wait_for(self, words: str) -> None:
        """Read until the words have been shown, in whatever colours, since the last call."""
        deadline = time.monotonic() + self.patience_seconds
        before = len(self.seen)
        while words not in COLOURS.sub("", self.seen[before:]):
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.descriptor], [], [], max(0.0, left))
            assert ready, f"{words!r} was not shown within {self.patience_seconds} s"
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
def terminal(socket: Path, patience_seconds: float = PATIENCE_SECONDS, **more: str) -> Iterator[Terminal]:
    """Run `vacnet space` in a terminal."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "VACNET_SOCKET": str(socket),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        **more,
    }
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", IN_TERMINAL, "space"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        made = Terminal(process, ours, patience_seconds)
        made.resize(80, 24)
        try:
            yield made
        finally:
            process.kill()
            os.close(ours)
