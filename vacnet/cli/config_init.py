"""What `vacnet config init` writes: settings with every line explained, a peers file, a fresh key.

Rules of this file: what is there is kept; a key that is given is checked before anything is written;
the words at the end are commands that can be copied, for the first host and for the second.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from vacnet.cli import files
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.key import fresh_line
from vacnet.cli.near_files import key_data
from vacnet.cli.settings_files import CONFIG_DIRECTORY, MAIN_FILE, PEERS_NAME, host_for, read
from vacnet.targets.checks import RefusedError
from vacnet.targets.example import example_peers, example_settings
from vacnet.targets.keys import read_keys
from vacnet.targets.problems import shown
from vacnet.targets.safe import SPACE
from vacnet.targets.settings import SourceFile

KEY_NAME = "space.key"

WHAT = {
    MAIN_FILE: "the settings, each line explained",
    PEERS_NAME: "the other factories of the space",
    KEY_NAME: "the secret key of the space; its owner alone may read it",
}

NAMED_BY_HOST = (
    "the space is named {name}, after this host, as no --space was given: change it in {file} before another "
    "host joins, for it is the same on all"
)


def make(directory: Path, key: Path | None, space: str) -> dict[str, str]:
    """Write what is missing and return `wrote` or `kept` for each file name.

    Raises:
        CommandError: the given key is none, or one is there, or a name was given and settings are there.
        OSError: a file cannot be written.
    """
    if space and (directory / MAIN_FILE).exists():
        words = f"{directory / MAIN_FILE} is there and never overwritten; set name in its [space] section"
        raise CommandError(words)
    name = _checked(space) if space else _domain()
    key_text = _given_key(key) if key else f"# made by vacnet config init\n{fresh_line()}\n"
    if key:
        _check_kept(directory / KEY_NAME, key, key_text)
    settings = _settings_text(directory, name)
    _check_writable(directory)
    return {
        MAIN_FILE: _written(directory / MAIN_FILE, lambda: settings, files.MODE_READABLE),
        PEERS_NAME: _written(directory / PEERS_NAME, example_peers, files.MODE_READABLE),
        KEY_NAME: _written(directory / KEY_NAME, lambda: key_text, files.MODE_SECRET),
    }


def _check_kept(kept: Path, given: Path, text: str) -> None:
    """Refuse a key that would not be taken, for another is there."""
    if kept.exists() and kept.read_text() != text:
        raise CommandError(f"{kept} is there and never overwritten; `vacnet key add {given}` adds to it")


def _checked(space: str) -> str:
    try:
        return str(SPACE(space))
    except RefusedError as error:
        words = f"--space {shown(space)} is not {SPACE.expected}; choose another"
        raise CommandError(words, Exit.WRONG_USE) from error


def _check_writable(directory: Path) -> None:
    """Say at once, and with the option's name, that a directory is not ours to write."""
    nearest = next(path for path in (directory, *directory.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        words = f"{nearest} is not yours to write; use sudo, or a directory of your own: --config DIRECTORY"
        raise CommandError(words, Exit.NO_PERMISSION)


def _settings_text(directory: Path, space: str) -> str:
    return example_settings(host_for(directory), space)


def _domain() -> str:
    """Return the domain of this host, or its name where it has none."""
    node = os.uname().nodename
    return node.partition(".")[2] or node


def _given_key(key: Path) -> str:
    data = key_data(key)
    _, problems = read_keys(SourceFile(str(key), data))
    if problems:
        raise CommandError(str(problems[0]), Exit.BAD_SETTINGS)
    return data.decode()


def _written(path: Path, text: Callable[[], str], mode: int) -> str:
    try:
        files.write_new(path, text(), mode)
    except FileExistsError:
        return "kept"
    return "wrote"


def told(directory: Path, made: dict[str, str], *, joins: bool, named: bool) -> str:
    """Return what was done and what comes next, in commands to copy.

    Args:
        directory: Of the files.
        made: As `make` returned it.
        joins: The key was given, so that this is a further host of a space.
        named: The name of the space was given.
    """
    lines = [f"{done} {directory / name}: {WHAT[name]}" for name, done in made.items()]
    if not named and made[MAIN_FILE] == "wrote":
        lines.append(NAMED_BY_HOST.format(name=_domain(), file=directory / MAIN_FILE))
    return "\n".join((*lines, "", _next(directory, joins=joins)))


def _next(directory: Path, *, joins: bool) -> str:
    usual = directory == CONFIG_DIRECTORY
    flag = "" if usual else f" --config {directory}"
    greet = (
        f"\n  vacnet peers add FIRST{flag}           # the first host, or any that is in the space"
        if joins
        else ""
    )
    here = f"""\
Next, on this host:
  edit {directory / MAIN_FILE}, then{greet}
  vacnet config check{flag}
  vacnet run{flag}
"""
    return here if joins else f"{here}\n{_further(directory, flag)}"


def _further(directory: Path, flag: str) -> str:
    key = directory / KEY_NAME
    settings = read(directory).settings
    name = settings.space.name if settings else "NAME"
    return f"""\
On each further host, with the same key (whoever has it can run work in the space):
  ssh HOST mkdir -p {directory}
  scp -p {key} HOST:{key}
  ssh HOST vacnet config init{flag} --space {name}
  vacnet peers add HOST{flag}
"""
