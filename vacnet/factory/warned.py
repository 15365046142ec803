"""What is wrong now and would be shown in the header of `vacnet space`, by topic.

Rules of this file: a topic (`settings`, `peers`, `keys`, a pipe) owns its lines and replaces them whole,
so a mended file takes its warnings away; a line is told to the log once when it comes, not at each look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

LINES_MAX = 20
"""Of one topic; a file of garbage has a thousand, and the first few say it."""


class Warnings:
    """The warnings in force."""

    def __init__(self, came: Callable[[str, str], None], went: Callable[[str], None]) -> None:
        """Call `came` with topic and line for each new line, `went` with a topic that is well again."""
        self._came = came
        self._went = went
        self._lines: dict[str, tuple[str, ...]] = {}

    def replace(self, topic: str, lines: Iterable[str]) -> None:
        """Let `lines` be all that is wrong with `topic`."""
        before = self._lines.pop(topic, ())
        now = tuple(dict.fromkeys(lines))[:LINES_MAX]
        for line in now:
            if line not in before:
                self._came(topic, line)
        if now:
            self._lines[topic] = now
        elif before:
            self._went(topic)

    def all(self) -> tuple[str, ...]:
        """Return every line, in the order in which their topics first had one."""
        return tuple(line for lines in self._lines.values() for line in lines)
