"""What is wrong now and would be shown in the header of `vacnet space`, by topic.

Rules of this file: a topic (`settings`, `peers`, `keys`, a pipe) owns its lines and replaces them whole,
so a mended file takes its warnings away; a line is told to the log once when it comes, not at each look.
What was told to the log elsewhere and nobody can mend for sure (a stranger's datagrams) is shown for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vacnet.factory.clock import boot_seconds

LINES_MAX = 20
"""Of one topic; a file of garbage has a thousand, and the first few say it."""


class Warnings:
    """The warnings in force."""

    def __init__(
        self,
        came: Callable[[str, str], None],
        went: Callable[[str], None],
        now: Callable[[], float] = boot_seconds,
    ) -> None:
        """Call `came` with topic and line for each new line, `went` with a topic that is well again."""
        self._came = came
        self._went = went
        self._now = now
        self._lines: dict[str, tuple[str, ...]] = {}
        self._passing: dict[str, float] = {}

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

    def show_for(self, seconds: float, line: str) -> None:
        """Show a line that was told to the log already, and no longer than this."""
        self._passing.pop(line, None)
        self._passing[line] = self._now() + seconds
        while len(self._passing) > LINES_MAX:
            del self._passing[next(iter(self._passing))]

    def of(self, topic: str) -> tuple[str, ...]:
        """Return the lines of one topic."""
        return self._lines.get(topic, ())

    def count(self, topic: str) -> int:
        """Return how many lines a topic has."""
        return len(self._lines.get(topic, ()))

    def passing(self) -> tuple[str, ...]:
        """Return the lines that are shown for a while."""
        now = self._now()
        self._passing = {line: until for line, until in self._passing.items() if now < until}
        return tuple(self._passing)

    def all(self) -> tuple[str, ...]:
        """Return every line, in the order in which their topics first had one, then those that pass."""
        return (*(line for lines in self._lines.values() for line in lines), *self.passing())
