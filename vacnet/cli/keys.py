"""The keyboard and the signals of a live display, waited for together.

Rules of this file: a signal only writes a byte (signal.set_wakeup_fd), so nothing of ours runs in a
handler and no lock can be held twice; keys are taken one by one and not echoed into the picture; on
leaving the terminal is as it was.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

LEAVING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LEAVING_KEYS = frozenset(b"q")

READ_BYTES = 64


@dataclass(frozen=True, slots=True)
class Keys:
    """Where signals and keys arrive, as descriptors to read."""

    signals: int
    keyboard: int | None
    """None where stdin is no terminal."""

    def leave_within(self, seconds: float) -> bool:
        """Wait until something happens, at most so long; return whether it asks to leave."""
        sources = [self.signals] if self.keyboard is None else [self.signals, self.keyboard]
        ready, _, _ = select.select(sources, [], [], seconds)
        leaving = {self.signals: frozenset(map(int, LEAVING_SIGNALS)), self.keyboard: LEAVING_KEYS}
        return any(_read(source) & leaving[source] for source in ready)


@contextmanager
def watched_keys() -> Iterator[Keys]:
    """Take keys and signals as long as the block lasts; for the main thread alone."""
    with ExitStack() as stack:
        yield Keys(_take_signals(stack), _take_keyboard(stack))


def _take_signals(stack: ExitStack) -> int:
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    stack.callback(os.close, reader)
    stack.callback(os.close, writer)
    stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer))
    for number in (*LEAVING_SIGNALS, signal.SIGWINCH):
        stack.callback(signal.signal, number, signal.signal(number, _noted))
    return reader


def _take_keyboard(stack: ExitStack) -> int | None:
    if not sys.stdin or not sys.stdin.isatty():
        return None
    keyboard = sys.stdin.fileno()
    stack.callback(termios.tcsetattr, keyboard, termios.TCSADRAIN, termios.tcgetattr(keyboard))
    tty.setcbreak(keyboard)
    return keyboard


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the byte in the pipe says it all."""


def _read(descriptor: int) -> frozenset[int]:
    with suppress(BlockingIOError):
        return frozenset(os.read(descriptor, READ_BYTES))
    return frozenset()
