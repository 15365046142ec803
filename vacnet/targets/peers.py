"""The peers file: which factories to greet, one a line, edited by people and by `vacnet peers`.

Format: TOML with one array of addresses over several lines, so that a line is a factory and has room
for a comment::

    peers = [
        "factory1.example.org",         # the default port
        "10.0.0.5:8885",
        "[2001:db8::1]:8885",
    ]

Rules of this file: either side's list suffices, so the file is a hint and never an authority. One bad
line, or a key nobody knows, is a problem of its own, the good lines stand; adding and removing leave
comments and order alone (tomlkit); adding what is there and removing what is not leave the text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from vacnet.targets.address import EXPECTED, endpoint, endpoint_text
from vacnet.targets.locate import Path
from vacnet.targets.model import Place, Problem
from vacnet.targets.problems import shown, unknown_name
from vacnet.targets.source import SourceFile, read_toml

if TYPE_CHECKING:
    from tomlkit.items import Array

_INDENT = re.compile(r"\n([ \t]+)[\"'#]")

PEERS_MAX = 4096
"""Lines that are read: four times the largest space the protocol is made for."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One line: as written, and taken apart."""

    name_as_written: str
    host: str
    """Name or address; IPv6 without brackets."""
    port: int

    def __str__(self) -> str:
        """Return ``host:port``."""
        return endpoint_text(self.host, self.port)


def read_peers(file: SourceFile) -> tuple[tuple[Peer, ...], tuple[Problem, ...]]:
    """Return the peers of a file, each once, and what is wrong with the other lines."""
    read = read_toml(file)
    if isinstance(read, Problem):
        return (), (read,)
    table, lines = read.table, read.lines
    problems = [
        msgspec.structs.replace(
            unknown_name(Place(file.name, lines[(key,)]), key, "key of the peers file", ["peers"]),
            fatal=False,
        )
        for key in table
        if key != "peers"
    ]
    entries = table.get("peers", [])
    if not isinstance(entries, list):
        place = Place(file.name, lines[("peers",)])
        return (), (
            *problems,
            Problem(place, "peers", f"{shown(entries)} is not a list; write peers = [ ... ]"),
        )
    return _peers(file.name, entries, lines, problems)


def _peers(
    name: str, entries: list[object], lines: Mapping[Path, int], problems: list[Problem]
) -> tuple[tuple[Peer, ...], tuple[Problem, ...]]:
    peers: dict[tuple[str, int], Peer] = {}
    for number, entry in enumerate(entries[:PEERS_MAX]):
        found = endpoint(entry) if isinstance(entry, str) else None
        if found:
            peers.setdefault(found, Peer(str(entry), *found))
        else:
            words = f"{shown(entry)} is not {EXPECTED}; correct or remove the line, the others stand"
            problems.append(
                Problem(Place(name, lines["peers", number]), f"peers[{number}]", words, fatal=False)
            )
    if len(entries) > PEERS_MAX:
        words = f"has {len(entries)} lines, only {PEERS_MAX} are read; a few suffice to find the rest"
        problems.append(Problem(Place(name, lines[("peers",)]), "peers", words, fatal=False))
    return tuple(peers.values()), tuple(problems)


def add_peer(text: str, peer: str) -> str:
    """Return the file's text with a peer added on a line of its own.

    Raises:
        ValueError: the peer is no address, or the text is no TOML.
    """
    import tomlkit  # late, as below: only commands edit, a factory reads and stays small
    from tomlkit.items import Array

    wanted = _endpoint(peer)
    document = tomlkit.parse(text)
    if "peers" not in document:
        document["peers"] = tomlkit.array().multiline(multiline=True)
    array = document["peers"]
    if not isinstance(array, Array):
        raise ValueError(f"peers = {shown(array)} is no list; write peers = [ ... ]")  # noqa: TRY004 - a file's fault
    if any(_same(entry, wanted) for entry in array):
        return text
    _append(array, peer)
    return tomlkit.dumps(document)


def _append(array: Array, peer: str) -> None:
    """Add a peer as the others stand: on a line of its own with their indent, or in the same line."""
    written = array.as_string()
    indent = _INDENT.search(written)
    if "\n" in written or not array:
        array.add_line(peer, indent=indent[1] if indent else " " * 4)
    else:
        array.append(peer)


def remove_peer(text: str, peer: str) -> str:
    """Return the file's text without a peer, however its address is spelt.

    Raises:
        ValueError: the peer is no address, or the text is no TOML.
    """
    import tomlkit
    from tomlkit.items import Array

    wanted = _endpoint(peer)
    document = tomlkit.parse(text)
    array = document.get("peers")
    if not isinstance(array, Array):
        return text
    for index in [index for index, entry in enumerate(array) if _same(entry, wanted)][::-1]:
        del array[index]
    return tomlkit.dumps(document)


def _endpoint(peer: str) -> tuple[str, int]:
    found = endpoint(peer)
    if found is None:
        raise ValueError(f"{shown(peer)} is not {EXPECTED}")
    return found


def _same(entry: object, wanted: tuple[str, int]) -> bool:
    return isinstance(entry, str) and endpoint(entry) == wanted
