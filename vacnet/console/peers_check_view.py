"""Whether peers answer: `vacnet peers check`, a line for each, and under it what to do if it does not."""

from __future__ import annotations

import msgspec

from vacnet.console import glyphs, words
from vacnet.console.model import Cell, Column, Row, Sheet, Span, Tone, View, say

COLUMNS = (
    Column(key="name", title="PEER"),
    Column(key="answers", title="answers"),
    Column(key="round", title="round trip", right=True, leaves=2),
    Column(key="address", title="address", leaves=1),
    Column(key="factory", title="factory", leaves=3),
    Column(key="words", title="", leaves=9, below=True, width=24),
)
CAUSES = (
    Column(key="cause", title="WHY NOTHING COMES BACK"),
    Column(key="tells", title="what tells it, on its host", leaves=9, below=True, width=30),
)
LIKELY = (
    ("it does not run", "`systemctl status vacnet`"),
    ("a firewall drops UDP, there or back", "`vacnet peers check` there too; the firewalls of both"),
    ("it has another key or name of the space", "`vacnet health`: wrong-key; `vacnet key list` on both"),
    ("it excludes this factory", "`vacnet config show`: space.exclude"),
)
"""Who does not answer does not say why: its own host does. The likeliest cause first."""


class CheckedPeer(msgspec.Struct, frozen=True, kw_only=True):
    """A peer that was asked."""

    name: str
    """As written in the file; the address of one that was met."""
    answers: bool
    address: str
    """That answered, else that was asked first; empty: the name has none."""
    factory: str
    """Who answered."""
    round_trip_seconds: float | None
    words: str
    """What is wrong and what to do; empty: nothing is."""
    mute: bool = False
    """Nothing came back at all, so only its own host can tell why."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet peers check --json` prints."""

    schema: int = 1
    space: str
    peers: tuple[CheckedPeer, ...]


def check_view(checked: Checked) -> View:
    """Return the view of peers that were asked."""
    return View(
        facts=(Cell((Span("peers of space "), Span(words.clean(checked.space), Tone.STRONG))),),
        sheets=(
            Sheet(columns=COLUMNS, rows=tuple(map(_row, checked.peers)), empty="Nobody was asked."),
            *([_causes()] if any(peer.mute for peer in checked.peers) else []),
        ),
    )


def _causes() -> Sheet:
    rows = (Row(cells={"cause": say(cause), "tells": say(tells)}) for cause, tells in LIKELY)
    return Sheet(columns=CAUSES, rows=tuple(rows))


def _row(peer: CheckedPeer) -> Row:
    glyph, tone = (glyphs.LIVE, Tone.GOOD) if peer.answers else (glyphs.SILENT, Tone.BAD)
    seconds = peer.round_trip_seconds
    cells = {
        "name": say(words.clean(peer.name), Tone.STRONG),
        "answers": Cell((Span(glyph, tone), Span(" yes" if peer.answers else " no"))),
        "round": say("" if seconds is None else f"{1000 * seconds:.1f} ms"),
        "address": say(words.clean(peer.address)),
        "factory": say(words.clean(peer.factory)),
        "words": say(words.clean(peer.words)),
    }
    return Row(cells=cells, notable=not peer.answers)
