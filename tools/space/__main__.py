"""`python -m tools.space up 5`: a space on this host from the command line; see `--help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.space import Space, SpaceError
from tools.space.member import Member


def main(words: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    given = _parser().parse_args(words)
    try:
        return int(given.run(given))
    except SpaceError as error:
        sys.stderr.write(f"space: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.space", description=__doc__)
    default = Path(tempfile.gettempdir()) / f"vacnet-space-{os.getuid()}"
    parser.add_argument("--directory", type=Path, default=default, help="of the space (default: %(default)s)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="make a space of N factories and start it")
    up.add_argument("count", type=int, metavar="N")
    up.add_argument("--config", type=Path, help="a file of settings that all of them get")
    up.add_argument("--processors", type=int, default=4, help="of each factory (default: %(default)s)")
    up.set_defaults(run=_up)
    for name, run, words in _OF_ONE:
        one = commands.add_parser(name, help=words)
        one.add_argument("number", type=int, metavar="N")
        one.set_defaults(run=run)
    commands.add_parser("status", help="say which factories run and what they see").set_defaults(run=_status)
    commands.add_parser("down", help="end all of it and leave nothing").set_defaults(run=_down)
    return parser


def _up(given: argparse.Namespace) -> int:
    fragment = given.config.read_text() if given.config else ""
    space = Space.make(given.directory, given.count, processors=given.processors, fragment=fragment)
    seconds = space.start()
    print(f"{given.count} factories see each other after {seconds:.1f} s; the first answers at")
    print(f"  vacnet space --socket {space.member(1).socket}")
    return 0


def _status(given: argparse.Namespace) -> int:
    space = Space.find(given.directory)
    rows = [_status_of(space, member) for member in space.members]
    print("\n".join(rows))
    return 0


def _status_of(space: Space, member: Member) -> str:
    if not member.running():
        return f"{member.name}  not running"
    state = space.state(member.number)
    if state is None:
        return f"{member.name}  runs, and does not answer"
    live = sum(one.state == "live" for one in state.factories)
    machines = sum(one.machines_running for one in state.factories if one.itself)
    return f"{member.name}  sees {live} of {len(space.members)} live, {machines} machines, {member.socket}"


def _start(given: argparse.Namespace) -> int:
    Space.find(given.directory).member(given.number).start()
    return 0


def _stop(given: argparse.Namespace) -> int:
    Space.find(given.directory).member(given.number).stop()
    return 0


def _kill(given: argparse.Namespace) -> int:
    Space.find(given.directory).member(given.number).kill()
    return 0


def _down(given: argparse.Namespace) -> int:
    still = Space.find(given.directory).down()
    print(f"the space is gone; {still} machines still ran and were ended")
    return 0


_OF_ONE = (
    ("start", _start, "start factory N again"),
    ("stop", _stop, "ask factory N to end; its machines go on"),
    ("kill", _kill, "kill factory N as a crash would; its machines go on"),
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
