"""The settings as the factory would read them: the same files, the same host, the same order.

Rules of this file: where the files are is told by the factory's own `places`, never a second time
here, so that `vacnet config check` and the daemon cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vacnet.cli.exits import CommandError, Exit
from vacnet.factory.places import CONFIG_DIRECTORY, MAIN_FILE, Options, Places, find, host_of, read_files
from vacnet.targets.keys import Key, read_keys
from vacnet.targets.model import Place, Problem, Settings
from vacnet.targets.peers import Peer, read_peers
from vacnet.targets.settings import Host, SourceFile, read_settings

__all__ = [
    "CONFIG_DIRECTORY",
    "MAIN_FILE",
    "PEERS_NAME",
    "Found",
    "built_in",
    "control_socket",
    "host_for",
    "key_file",
    "listed",
    "peers_file",
    "read",
]

PEERS_NAME = "peers.toml"
SOCKET_NAME = "control.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the files of one factory say, and everything that is wrong with them."""

    places: Places
    files: tuple[str, ...]
    settings: Settings | None
    draft: Settings | None = None
    """The settings as far as they could be read."""
    keys: tuple[Key, ...] = ()
    peers: tuple[Peer, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def good(self) -> bool:
        """Return whether a factory would take them."""
        return not any(problem.fatal for problem in self.problems)


def read(config: Path | None) -> Found:
    """Read the settings at a path (None: /etc/vacnet) and, where they stand, their key and peers files."""
    places = find(Options(config=config or CONFIG_DIRECTORY))
    files, missing = read_files(places.settings_files())
    reading = read_settings(files, host_of(places))
    problems = missing or reading.problems
    names = tuple(file.name for file in files)
    if reading.settings is None or missing:
        draft = None if missing else reading.draft
        told = (*problems, *(_wrong_lists(draft, problems) if draft else ()))
        return Found(places=places, files=names, settings=None, draft=draft, problems=told)
    keys, wrong_keys = _keys(reading.settings)
    peers, wrong_peers = _peers(reading.settings)
    return Found(
        places=places,
        files=names,
        settings=reading.settings,
        draft=reading.settings,
        keys=keys,
        peers=peers,
        problems=(*problems, *wrong_keys, *wrong_peers),
    )


def _wrong_lists(draft: Settings, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return what is wrong with the key and peers files, where the settings say well which those are."""
    bad = {problem.key for problem in problems}
    keys = () if "space.key_file" in bad else _keys(draft)[1]
    peers = () if "space.peers_file" in bad else _peers(draft)[1]
    return (*keys, *peers)


def built_in(places: Places) -> Settings | None:
    """Return the settings of a factory to which nothing was said."""
    return read_settings([SourceFile("built-in", b"")], host_of(places)).draft


def host_for(directory: Path) -> Host:
    """Return what the defaults of settings in a directory follow from, which need not be there yet."""
    return host_of(find(Options(config=directory / MAIN_FILE)))


def peers_file(config: Path | None) -> Path:
    """Return the peers file that the settings name, or where it would be if they cannot say."""
    found = _there(config)
    if found.settings is not None:
        return Path(found.settings.space.peers_file)
    place = found.places.config
    return (place if place.is_dir() else place.parent) / PEERS_NAME


def control_socket(config: Path) -> Path | None:
    """Return the socket of the factory with these settings; None: it is where the host has its own.

    Settings with problems are taken as far as they say: their factory may run on with the ones before.
    """
    found = _there(config)
    if found.settings is not None and "control.socket" in found.settings.places:
        return Path(found.settings.control.socket)
    own = found.places.runtime_directory == found.places.state_directory
    return found.places.runtime_directory / SOCKET_NAME if own else None


def key_file(config: Path | None) -> Path:
    """Return the key file that the settings name.

    Raises:
        CommandError: they cannot say.
    """
    found = _there(config)
    if found.settings is None:
        raise CommandError(
            f"the settings at {found.places.config} have problems (`vacnet config check`), so they cannot "
            "say where the key file is; name it with --file",
            Exit.BAD_SETTINGS,
        )
    return Path(found.settings.space.key_file)


def _there(config: Path | None) -> Found:
    """Return what the settings say.

    Raises:
        CommandError: there are none.
    """
    found = read(config)
    if not found.files:
        raise CommandError("; ".join(map(str, found.problems)), Exit.NO_INPUT)
    return found


def listed(path: Path) -> tuple[tuple[Peer, ...], tuple[Problem, ...]]:
    """Return the peers of a file, none where there is no such file."""
    return read_peers(SourceFile(str(path), path.read_bytes())) if path.exists() else ((), ())


def _keys(settings: Settings) -> tuple[tuple[Key, ...], tuple[Problem, ...]]:
    files, problems = read_files((Path(settings.space.key_file),))
    return read_keys(files[0]) if files else ((), problems)


def _peers(settings: Settings) -> tuple[tuple[Peer, ...], tuple[Problem, ...]]:
    path = Path(settings.space.peers_file)
    try:
        return listed(path)
    except PermissionError:
        words = "you may not read it, so it was not looked at; use sudo"
        return (), (Problem(Place(str(path)), "", words, fatal=False),)
