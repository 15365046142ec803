"""`python -m tools.engines list` says which engines answer; `run -- COMMAND` brings them for a command."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Sequence

from tools.engines.bring import brought
from tools.engines.table import ENGINES, wanted

USAGE = "usage: python -m tools.engines list | run -- COMMAND..."


def main(words: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    match words:
        case ["list"]:
            return _list()
        case ["run", "--", *command] if command:
            return _run(command)
        case _:
            sys.stderr.write(f"{USAGE}\n")
            return 2


def _list() -> int:
    problems = {name: engine.probe() for name, engine in ENGINES.items()}
    for name, problem in problems.items():
        print(f"{name:10} {problem or 'answers'}")
    return int(any(problems.values()))


def _run(command: Sequence[str]) -> int:
    with brought() if wanted() else contextlib.nullcontext():
        return _wait(subprocess.Popen(command))


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for a command; Ctrl-C reaches it by the terminal, and the engines go only after it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
