"""The command line: parses, asks the factory, prints; one file for each group of commands.

Rules of this room: whatever happens, an admin sees one line that says what to do and never a
traceback: wrong use, no daemon, no permission, Ctrl-C, a closed pipe (`vacnet machines | head -1`).
Exit codes are those of `exits`. What is none of these is a fault of vacnet and is shown with its
traceback, for a bug report. Everything is imported late: `vacnet --help` has half a second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main() -> None:
    """Run the command in `sys.argv` and end the process with its exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us, as `vacnet machines >&-` does
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - as long as the process
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code; its output is flushed."""
    from vacnet.cli.exits import Exit

    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return Exit.CLOSED_PIPE
    except SystemExit as left:
        return _left(left)
    except Exception as error:  # noqa: BLE001 - the table tells faults of vacnet from those of the world
        return _explained(error)
    return code


def _left(ended: SystemExit) -> int:
    """Return the code of a process that a library ends: rich with 1 where nobody reads a help any more."""
    from vacnet.cli.exits import Exit

    return int(ended.code or 0) if ended.code != Exit.FAILED else Exit.CLOSED_PIPE


def _dispatch(words: Sequence[str]) -> int:
    from vacnet.cli.app import build

    lists_commands = not words or words[0].startswith("-")
    result = build(whole=lists_commands)(words, exit_on_error=False, print_error=False)
    return result if isinstance(result, int) else 0


def _explained(error: Exception) -> int:
    """Say what went wrong and return its exit code; a fault of vacnet goes on."""
    from vacnet.cli.failures import explain

    explained = explain(error)
    if explained is None:
        raise error
    words, code = explained
    print(f"vacnet: {words}", file=sys.stderr)
    _flush_or_forget()
    return code


def _flush_or_forget() -> None:
    """Write what is still to be written; where that fails again, the interpreter must not try once more."""
    try:
        sys.stdout.flush()
    except OSError:
        _forget_stdout()


def _forget_stdout() -> None:
    """Point stdout nowhere, so that the interpreter's last flush does not complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
