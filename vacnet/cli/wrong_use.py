"""Wrong use in one line: what was wrong, the value, what was expected, and what to try.

Rules of this file: one table by kind of error, where cyclopts' own words do not say what to do; every
line ends with the help to read.
"""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from vacnet.cli.exits import Exit

MONITORED = frozenset({"health"})
UNKNOWN = 3

NUMBERS = {int: "a whole number", float: "a number"}
ELSEWHERE = {
    "--peer": "`space`, `machines`, `factories`, `targets` ask over the network; run this on its own host",
    "--factory": "`vacnet machines --factory NAME` asks another factory; run this on its own host",
}
"""Options of other commands that are looked for in all."""
NO_VALUE = "{0} has no value (one that begins with - is written {0}=VALUE)"
HINTS = {
    "config": "; --config names the settings",
    "drain": "; it drains the host on which it is run",
    "undrain": "; it is for the host on which it is run",
    "health": "; it is about the host on which it is run",
    "doctor": "; it looks at the host on which it is run",
}
"""By command: what whoever gave it one word too many may have meant."""


def _in_one_line(error: CycloptsError) -> str:
    error.verbose = False
    return " ".join(str(error).split())


def _too_many(error: CycloptsError) -> str:
    word = next(iter(error.unused_tokens or ()), "")
    return f"{word!r} is one word too many{HINTS.get((error.command_chain or ('',))[0], '')}"


def _no_command(error: CycloptsError) -> str:
    """Return that there is no such command; where it looks like an option, where options stand."""
    told = _in_one_line(error).partition(" Available commands")[0]
    return f"{told} Options come after the command" if '"--' in told else told


def _unknown(error: CycloptsError) -> str:
    """Return that there is no such option, and where it is."""
    told = _in_one_line(error)
    where = next((words for option, words in ELSEWHERE.items() if f"option: {option}." in told), "")
    return f"{told.partition('. ')[0].rstrip('.')}: {where}" if where else told


def _missing(error: CycloptsError) -> str:
    """Return what is missing and, as its help has it, what it is for."""
    argument = error.argument
    if argument is None:
        return _in_one_line(error)
    if getattr(error, "keyword", None) or argument.tokens:
        return NO_VALUE.format(getattr(error, "keyword", None) or argument.name)
    told = _help(error, argument.name)
    return f"{argument.name} is missing{': ' if told else ''}{told[:1].lower()}{told[1:]}"


def _help(error: CycloptsError, name: str) -> str:
    """Return what the help of the command says of an argument, which is read for `--help` alone."""
    if error.app is None:
        return ""
    known = error.app.assemble_argument_collection(parse_docstring=True)
    return next((" ".join((one.parameter.help or "").split()) for one in known if one.name == name), "")


def _no_number(error: CycloptsError) -> str:
    """Return that a word is no number, where one was expected."""
    token, wanted = getattr(error, "token", None), getattr(error, "target_type", None)
    expected = NUMBERS.get(wanted) if isinstance(wanted, type) else None
    if token is None or expected is None:
        return _in_one_line(error)
    return f'{token.keyword or "the value"} "{token.value}" is not {expected}'


def _help_of(error: CycloptsError) -> str:
    return " ".join(("vacnet", *(error.command_chain or ()), "--help"))


_WORDS: tuple[tuple[type[CycloptsError], Callable[[CycloptsError], str]], ...] = (
    (UnusedCliTokensError, _too_many),
    (UnknownCommandError, _no_command),
    (UnknownOptionError, _unknown),
    (MissingArgumentError, _missing),
    (CoercionError, _no_number),
    (CycloptsError, _in_one_line),
)


def explain(error: CycloptsError) -> str:
    """Return one line for stderr."""
    told = next(words(error) for kind, words in _WORDS if isinstance(error, kind))
    return f"{told.rstrip('.')}; see `{_help_of(error)}`"


def code(error: CycloptsError) -> int:
    """Return the exit code: 3, UNKNOWN, of what a monitoring system calls, where 2 would wake somebody."""
    return UNKNOWN if (error.command_chain or ("",))[0] in MONITORED else Exit.WRONG_USE
