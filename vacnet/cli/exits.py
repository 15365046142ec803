"""How a command ends: one table of exit codes, and the error that carries one with its words.

Rules of this file: the numbers are those of sysexits.h where it has one for the case, so that scripts
and monitors know them; `vacnet --help` and the documents print this table. A command that fails says
one line on stderr: what is wrong, the value, what was expected, what to do.
"""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """Exit codes of every command."""

    OK = 0
    FAILED = 1
    WRONG_USE = 2
    NO_INPUT = 66
    NO_DAEMON = 69
    SOFTWARE = 70
    TOO_SLOW = 75
    PROTOCOL = 76
    NO_PERMISSION = 77
    BAD_SETTINGS = 78
    INTERRUPTED = 130
    CLOSED_PIPE = 141


MEANINGS: dict[Exit, str] = {
    Exit.OK: "done",
    Exit.FAILED: "it could not be done; stderr says why",
    Exit.WRONG_USE: "wrong use of the command",
    Exit.NO_INPUT: "no such machine or file",
    Exit.NO_DAEMON: "no factory answers on the control socket",
    Exit.SOFTWARE: "the factory failed inside; its log says where",
    Exit.TOO_SLOW: "not in time: an answer, or what --wait or --until waited for",
    Exit.PROTOCOL: "the factory and this command are of versions that do not fit",
    Exit.NO_PERMISSION: "not allowed to use a file or the socket",
    Exit.BAD_SETTINGS: "the settings are wrong; stderr names file and line of each problem",
    Exit.INTERRUPTED: "interrupted by Ctrl-C",
    Exit.CLOSED_PIPE: "the reader of a pipe went away",
}


class CommandError(Exception):
    """A command that cannot go on: one line of words for people, and how it ends."""

    def __init__(self, words: str, code: Exit = Exit.FAILED) -> None:
        """Keep both; `str()` gives the words."""
        super().__init__(words)
        self.words = words
        self.code = code


def table() -> str:
    """Return the exit codes with their meanings as lines of text."""
    return "\n".join(f"{code.value:>4}  {MEANINGS[code]}" for code in Exit)
