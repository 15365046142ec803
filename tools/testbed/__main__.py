"""`python -m tools.testbed up 5`: five hypervisors on this host; see `--help`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any

from tools.testbed.commands import COMMANDS
from tools.testbed.plan import TestbedError

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def main(words: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    parser = _parser()
    given, more = parser.parse_known_args(words)
    given.more = more
    command = COMMANDS[given.command]
    if more and not command.passes_on:
        parser.error(f"{given.command} does not know {' '.join(more)}")
    try:
        return command.run(given)
    except (TestbedError, TimeoutError) as error:
        sys.stderr.write(f"testbed: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.testbed", description=__doc__)
    parser.add_argument("--name", type=_name, default="testbed", help="of the testbed (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.words, description=command.words)
        for argument in command.arguments:
            options: dict[str, Any] = dict(argument.options)
            one.add_argument(argument.name, **options)
    return parser


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("a name has lower-case letters, digits and -, at most 31")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
