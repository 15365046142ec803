"""Wrong use in one line: what was wrong, the value, what was expected, and what to try.

Rules of this file: one table by kind of error, where cyclopts' own words do not say what to do; every
line ends with the help to read.
"""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import CycloptsError, UnknownCommandError, UnusedCliTokensError

from vacnet.cli.exits import Exit

MONITORED = frozenset({"health"})
UNKNOWN = 3


def _in_one_line(error: CycloptsError) -> str:
    error.verbose = False
    return " ".join(str(error).split())


def _first(error: CycloptsError) -> str:
    return next(iter(error.unused_tokens or ()), "")


def _help_of(error: CycloptsError) -> str:
    return " ".join(("vacnet", *(error.command_chain or ()), "--help"))


_WORDS: tuple[tuple[type[CycloptsError], Callable[[CycloptsError], str]], ...] = (
    (UnusedCliTokensError, lambda error: f"{_first(error)!r} is one word too many"),
    (UnknownCommandError, lambda error: _in_one_line(error).partition(" Available commands")[0]),
    (CycloptsError, _in_one_line),
)


def explain(error: CycloptsError) -> str:
    """Return one line for stderr."""
    told = next(words(error) for kind, words in _WORDS if isinstance(error, kind))
    return f"{told.rstrip('.')}; see `{_help_of(error)}`"


def code(error: CycloptsError) -> int:
    """Return the exit code: 3, UNKNOWN, of what a monitoring system calls, where 2 would wake somebody."""
    return UNKNOWN if (error.command_chain or ("",))[0] in MONITORED else Exit.WRONG_USE
