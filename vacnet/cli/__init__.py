"""The command line: parses, asks the factory, prints; one file for each group of commands.

Rules of this room: whatever happens, an admin sees one line that says what to do and never a
traceback of ours: wrong use, no daemon, no permission, Ctrl-C, a closed pipe (`vacnet machines |
head -1`). Exit codes are those of `exits`. What is neither of these is a fault of vacnet and is shown
as such, with its traceback, for a bug report.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from vacnet.cli.exits import CommandError, Exit


def main() -> None:
    """Run the command in `sys.argv` and end the process with its exit code."""
    code = run(sys.argv[1:])
    sys.stderr.flush()
    sys.exit(code)


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code; its output is flushed."""
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return Exit.CLOSED_PIPE
    except CommandError as error:
        return _failed(error.words, error.code)
    except Exception as error:
        words_and_code = _of_client(error) or _of_system(error)
        if words_and_code is None:
            raise
        return _failed(*words_and_code)
    return code


def _dispatch(words: Sequence[str]) -> int:
    from cyclopts import CycloptsError  # late: a tenth of a second that Ctrl-C may fall into

    from vacnet.cli.app import build

    try:
        result = build()(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        from vacnet.cli.wrong_use import explain

        raise CommandError(explain(error), Exit.WRONG_USE) from error
    return result if isinstance(result, int) else Exit.OK


def _failed(words: str, code: int) -> int:
    print(f"vacnet: {words}", file=sys.stderr)
    return code


def _of_client(error: Exception) -> tuple[str, int] | None:
    """Return words and code of a question without an answer, if that is what it is."""
    from vacnet.factory.client import ClientError  # late: only a failure needs it here

    return (error.words, error.exit_code) if isinstance(error, ClientError) else None


def _of_system(error: Exception) -> tuple[str, int] | None:
    """Return words and code of a refusal by the system, whose own words name file and reason."""
    if isinstance(error, PermissionError):
        return f"{error.filename}: {error.strerror}; use sudo, or another path", Exit.NO_PERMISSION
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", Exit.FAILED
    return None


def _forget_stdout() -> None:
    """Point stdout nowhere, so that the interpreter's last flush does not complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
