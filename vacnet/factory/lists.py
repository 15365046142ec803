"""The key file and the peers file: read, with what is wrong with them in words.

Rules of this file: of a list with bad lines the good ones are used and each bad one is a warning; a key
file without any key of use changes nothing. A peers file that nobody named may be missing: a factory
alone is a space.
"""

from __future__ import annotations

import os
from pathlib import Path

from vacnet.agent.events import KeysChanged
from vacnet.factory.places import read_files
from vacnet.targets.keys import read_keys
from vacnet.targets.model import Problem, Settings
from vacnet.targets.peers import Peer, read_peers

OTHERS_MAY_READ = 0o004
PEERS_FILE = "space.peers_file"

NO_KEY_FILE = (
    "there is no such key file; `vacnet key new` makes a key, and every factory of the space has "
    "the same one; [space] key_file names another place"
)

NO_PEERS_FILE = "there is no such peers file; `vacnet peers add HOST` makes it, or correct [space] peers_file"


def keys_of(settings: Settings) -> tuple[KeysChanged | None, tuple[str, ...]]:
    """Return the keys of the key file, None if there is none that can send, and what is wrong."""
    path = Path(settings.space.key_file)
    if not path.exists():
        return None, (f"{path}: {NO_KEY_FILE}",)
    files, problems = read_files([path])
    for file in files:
        keys, wrong = read_keys(file)
        problems = (*problems, *wrong)
        if not any(problem.fatal for problem in wrong):
            given = tuple((key.role, key.secret) for key in keys)
            return KeysChanged(given), (*_lines(problems), *_too_open(path))
    return None, _lines(problems)


def peers_of(settings: Settings) -> tuple[tuple[Peer, ...] | None, tuple[str, ...]]:
    """Return the peers of the peers file, None if it cannot be read, and what is wrong."""
    path = Path(settings.space.peers_file)
    if not path.exists():
        return ((), ()) if PEERS_FILE not in settings.places else (None, (f"{path}: {NO_PEERS_FILE}",))
    files, problems = read_files([path])
    for file in files:
        peers, wrong = read_peers(file)
        problems = (*problems, *wrong)
        if not any(problem.fatal for problem in wrong):
            return peers, _lines(problems)
    return None, _lines(problems)


def _lines(problems: tuple[Problem, ...]) -> tuple[str, ...]:
    return tuple(map(str, problems))


def _too_open(path: Path) -> tuple[str, ...]:
    mode = path.stat().st_mode
    if mode & OTHERS_MAY_READ and os.access(path, os.R_OK):
        return (f"{path}: every user of this host may read the key; `chmod 600 {path}`",)
    return ()
