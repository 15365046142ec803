"""From an exception to words and an exit code: one table, the first row that applies stands.

Rules of this file: what is expected to go wrong in the world stands here; everything else is a fault
of vacnet and passes on, to be shown with its traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cyclopts import CycloptsError

from vacnet.cli import near_files, wrong_use
from vacnet.cli.exits import CommandError, Exit
from vacnet.factory.client import ClientError

_Error = TypeVar("_Error", bound=BaseException)
_Explained = tuple[str, int]
_Row = Callable[[BaseException], _Explained | None]


def _row(kind: type[_Error], explain: Callable[[_Error], _Explained]) -> _Row:
    return lambda error: explain(error) if isinstance(error, kind) else None


def _of_system(error: OSError) -> _Explained:
    return f"{error.filename or 'output'}: {error.strerror or error}", Exit.FAILED


def _said(words: str) -> Callable[[OSError], _Explained]:
    """Return an explanation that begins with the path."""
    return lambda error: (f"{error.filename or error}: {words}", Exit.FAILED)


_TABLE: tuple[_Row, ...] = (
    _row(CommandError, lambda error: (error.words, error.code)),
    _row(ClientError, lambda error: (error.words, error.exit_code)),
    _row(CycloptsError, lambda error: (wrong_use.explain(error), wrong_use.code(error))),
    _row(
        PermissionError,
        lambda error: (
            f"{error.filename}: {error.strerror}; use sudo, or name another path",
            Exit.NO_PERMISSION,
        ),
    ),
    _row(FileNotFoundError, lambda error: (near_files.not_there(str(error.filename)), Exit.NO_INPUT)),
    _row(IsADirectoryError, _said("this is a directory; name a file")),
    _row(NotADirectoryError, _said("a part of this path is a file, where a directory is needed")),
    _row(FileExistsError, _said("this is there and is never overwritten; name another")),
    _row(OSError, _of_system),
)


def explain(error: BaseException) -> _Explained | None:
    """Return the one line for stderr and the exit code, None for a fault of vacnet."""
    return next((explained for row in _TABLE if (explained := row(error))), None)
