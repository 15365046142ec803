"""The keys of a factory: `vacnet key list`, the file beside what a running factory knows of each key.

Rules of this file: ids and roles, never a secret.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vacnet.console import words
from vacnet.console.model import Cell, Column, Row, Sheet, Span, Tone, View, say
from vacnet.factory.client import Peers

COLUMNS = (
    Column(key="id", title="KEY"),
    Column(key="role", title="role"),
    Column(key="seals", title="seals"),
    Column(key="peers", title="peers", right=True),
    Column(key="note", title="note", leaves=9, below=True, width=24),
)
NO_KEYS = (
    "No keys: take the space's from a host that has it, or for a new space "
    "`vacnet key new | vacnet key add -`."
)
NOT_LOADED = "the factory has not read it: it looks every two seconds"
NAMES_MAX = 3


class ListedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the file."""

    id: str
    role: str
    seals: bool
    peers: tuple[str, ...] | None
    """Live factories that spoke under it last; None: no factory answers."""
    loaded: bool | None
    """Whether the running factory has it; None: no factory answers."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet key list --json` prints."""

    schema: int = 1
    file: str
    keys: tuple[ListedKey, ...]


def keys_view(listed: Listed) -> View:
    """Return the view of a key file."""
    rows = tuple(_row(key) for key in listed.keys)
    return View(
        facts=(Cell((Span("keys of "), Span(words.clean(listed.file), Tone.STRONG))),),
        sheets=(Sheet(columns=COLUMNS, rows=rows, empty=NO_KEYS),),
    )


def _row(key: ListedKey) -> Row:
    cells = {
        "id": say(key.id, Tone.STRONG),
        "role": say(key.role),
        "seals": say("yes" if key.seals else ""),
        "peers": say("" if key.peers is None else str(len(key.peers))),
        "note": say(_note(key)),
    }
    return Row(cells=cells, notable=key.loaded is False)


def _note(key: ListedKey) -> str:
    return NOT_LOADED if key.loaded is False else _named(key.peers or ())


def _named(names: Sequence[str]) -> str:
    rest = len(names) - NAMES_MAX
    told = ", ".join(map(words.clean, names[:NAMES_MAX]))
    return f"{told} and {rest} more" if rest > 0 else told


def may_lack(key: str, state: Peers) -> str:
    """Return which live factories never spoke under a key that is used now; empty: all did."""
    others = (peer for peer in state.peers if peer.state == "live" and peer.key != key)
    live = sorted(peer.factory or peer.name for peer in others)
    if not live:
        return ""
    who = "has" if len(live) == 1 else "have"
    return (
        f"{_named(live)} {who} not spoken under key {key} yet, as is normal until `vacnet key use` was run "
        "there, too; who lacks it in the ring (`vacnet key list` there) hears this host no more"
    )
