"""Manual pages of all commands in roff, from the same tree that parses them and prints their help.

Rules of this file: pure text. A page has what `--help` has, in the order of man-pages(7); what stands in
a docstring is shown as it stands, so a page cannot say anything else than the help does.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from cyclopts import App, Parameter

from vacnet import __version__
from vacnet.cli.app import EPILOGUE, EPILOGUE_OF_COMMANDS, HELP
from vacnet.cli.exits import MEANINGS

if TYPE_CHECKING:
    from cyclopts.argument import Argument

PROGRAM = "vacnet"
AS_TYPED = (".nh", ".ad l")
"""No hyphen in a path or a command, and no blanks beyond one: they are copied."""
VALUES: Mapping[object, str] = {int: "INT", float: "FLOAT", Path: "PATH"}
"""What stands for the value of an option, as in its help."""
_EXAMPLE = "Example: "
_ENDS = re.compile(r"^\s*(Args|Returns|Raises):\s*$", re.MULTILINE)
_AS_WRITTEN = Parameter(negative="", show_default=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One command and its page."""

    words: tuple[str, ...]
    """As typed after the program; empty: the program itself."""
    app: App

    @property
    def name(self) -> str:
        """Return the name of the page: `vacnet-key-list`."""
        return "-".join((PROGRAM, *self.words))

    @property
    def summary(self) -> str:
        """Return the first paragraph of the help as one line."""
        return " ".join((_paragraphs(self.app) or [HELP])[0].split()).rstrip(".")

    def roff(self, all_pages: tuple[Page, ...]) -> str:
        """Return the page."""
        lines = [
            f'.TH "{self.name.upper()}" "1" "" "{PROGRAM} {__version__}" "{PROGRAM}"',
            *AS_TYPED,
            ".SH NAME",
            f"{_escaped(self.name)} \\- {_escaped(self.summary)}",
            ".SH SYNOPSIS",
            *self._synopsis(),
            *self._description(),
            *self._options(),
            *_table("COMMANDS", [(" ".join(one.words), one.summary) for one in self._below(all_pages)]),
            *self._examples(),
            *self._exit_status(),
            ".SH SEE ALSO",
            _see_also(self, all_pages),
        ]
        return "\n".join(lines) + "\n"

    def _below(self, all_pages: tuple[Page, ...]) -> list[Page]:
        depth = len(self.words)
        return [one for one in all_pages if len(one.words) == depth + 1 and one.words[:depth] == self.words]

    def _synopsis(self) -> Iterator[str]:
        taken = arguments(self.app)
        typed = " ".join((PROGRAM, *self.words))
        positional = [one.names[0] for one in taken if not one.names[0].startswith("-")]
        rest = [
            *(["[OPTIONS]"] if len(positional) < len(taken) else []),
            *(f"[{one}]" for one in positional),
        ]
        yield f".B {_escaped(typed)}"
        yield _escaped(" ".join(rest if taken else ["COMMAND"]))

    def _description(self) -> Iterator[str]:
        texts = [one for one in _paragraphs(self.app)[1:] if not one.startswith(_EXAMPLE)]
        yield ".SH DESCRIPTION"
        for text in (f"{self.summary}.", *texts):
            yield from (".PP", _escaped(" ".join(text.split())))

    def _options(self) -> Iterator[str]:
        rows = [(_term(one), _meaning(one)) for one in arguments(self.app)]
        yield from _table("OPTIONS", [*rows, ("--help, -h", "Show the help.")])

    def _exit_status(self) -> Iterator[str]:
        """Yield the exit codes of all commands, or what a command with codes of its own says of them."""
        own = self.app.help_epilogue or ""
        if own in ("", EPILOGUE, EPILOGUE_OF_COMMANDS):
            rows = [(str(code.value), words) for code, words in MEANINGS.items()]
            yield from _table("EXIT STATUS", rows)
        else:
            yield from (".SH EXIT STATUS", _escaped(" ".join(own.split())))

    def _examples(self) -> Iterator[str]:
        texts = [one.removeprefix(_EXAMPLE) for one in _paragraphs(self.app) if one.startswith(_EXAMPLE)]
        if texts:
            yield ".SH EXAMPLES"
        for text in texts:
            yield from (".PP", ".EX", _escaped(text), ".EE")


def pages(app: App) -> tuple[Page, ...]:
    """Return the pages of a whole command line, the program's own first."""
    return tuple(_pages(app, ()))


def _pages(app: App, words: tuple[str, ...]) -> Iterator[Page]:
    yield Page(words, app)
    for name in (name for name in app if not name.startswith("-")):
        yield from _pages(app[name], (*words, name))


def arguments(app: App) -> list[Argument]:
    """Return what a command takes, as its help shows it."""
    if app.default_command is None:
        return []
    found = app.assemble_argument_collection(default_parameter=_AS_WRITTEN, parse_docstring=True)
    return [one for one in found if one.show]


def _term(argument: Argument) -> str:
    """Return an argument as it is typed: names, and what stands for the value of an option that has one."""
    names = ", ".join(argument.names)
    has_value = names.startswith("-") and argument.token_count()[0]
    return f"{names} {_value(argument)}" if has_value else names


def _value(argument: Argument) -> str:
    if argument.get_choices():
        return "CHOICE"
    kinds = (argument.hint, *get_args(argument.hint))
    return next((VALUES[kind] for kind in kinds if kind in VALUES), "STR")


def _meaning(argument: Argument) -> str:
    choices = argument.get_choices()
    words = argument.parameter.help or ""
    return f"{words} One of {', '.join(choices)}." if choices else words


def _paragraphs(app: App) -> list[str]:
    """Return the paragraphs of a command's help, without what is told of its arguments."""
    text = inspect.cleandoc(app.help or "")
    return [one for one in re.split(r"\n\s*\n", _ENDS.split(text)[0].strip()) if one]


def _table(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield f".SH {title}"
    for term, words in rows:
        yield from (".TP", f".B {_escaped(term)}", _escaped(words))


def _see_also(page: Page, all_pages: tuple[Page, ...]) -> str:
    others = [one.name for one in all_pages if len(one.words) <= 1 and one.name != page.name]
    return ", ".join(f"\\fB{_escaped(name)}\\fR(1)" for name in others)


def _escaped(text: str) -> str:
    """Return a text that roff shows as it is: a dot or quote at the start of a line is no request."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("~", "\\(ti")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in safe.splitlines())
