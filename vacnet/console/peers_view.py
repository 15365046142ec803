"""The peers of a factory: `vacnet peers list`, the file beside what is true of each.

Rules of this file: a peer of the file that nobody has heard is as much worth a line as one that
answers; without an answer of the daemon only the file is told, and that it is so.
"""

from __future__ import annotations

from collections.abc import Mapping

from vacnet.console import freshness, glyphs, words
from vacnet.console.model import Cell, Column, Row, Sheet, Span, Tone, View, say
from vacnet.factory.client import Peers, PeerState

COLUMNS = (
    Column(key="name", title="PEER"),
    Column(key="state", title="state"),
    Column(key="heard", title="heard", right=True),
    Column(key="round", title="round trip", right=True, leaves=4),
    Column(key="delay", title="delay", right=True, leaves=5),
    Column(key="key", title="key", leaves=3),
    Column(key="version", title="version", leaves=2),
    Column(key="address", title="address", leaves=1),
    Column(key="from", title="from"),
    Column(key="note", title="note", leaves=9, below=True, width=24),
)
NAME_ONLY = (COLUMNS[0],)

STATES: Mapping[str, tuple[str, str, Tone]] = {
    "live": (glyphs.LIVE, "live", Tone.GOOD),
    "silent": (glyphs.SILENT, "silent", Tone.BAD),
    "departed": (glyphs.SILENT, "departed", Tone.FAINT),
    "unknown": (glyphs.SILENT, "never heard", Tone.WARN),
}
"""Sign, word and tone; the words are those of `vacnet factories`."""
CONFLICT = (glyphs.ERROR, "conflict", Tone.BAD)
NEVER_HEARD = "does it run, with a key of ours, is UDP open? `vacnet peers check` asks it"

NO_PEERS = "No peers: `vacnet peers add HOST` on either side brings two hosts together."


def peers_view(state: Peers, now: float) -> View:
    """Return the view of peers as the daemon knows them, `now` in Unix seconds."""
    late = freshness.late_by(state.time, now)
    ordered = sorted(state.peers, key=lambda peer: (not peer.configured, peer.name))
    return View(
        facts=(
            Cell((Span("peers of "), Span(words.clean(state.factory), Tone.STRONG))),
            say(f"at {words.clock(state.time)}", Tone.FAINT),
        ),
        warnings=(
            *freshness.staleness(state.factory, state.time, now),
            *(freshness.warning(text) for text in state.warnings if not _stands_below(text, state.peers)),
        ),
        sheets=(Sheet(columns=COLUMNS, rows=tuple(_row(peer, late) for peer in ordered), empty=NO_PEERS),),
    )


def _stands_below(warning: str, peers: tuple[PeerState, ...]) -> bool:
    """Tell whether a peer's own line says the same."""
    noted = (peer for peer in peers if peer.note and peer.address)
    return any(peer.address in warning and warning.endswith(peer.note) for peer in noted)


def listed_view(names: tuple[str, ...], file: str, problems: tuple[str, ...] = ()) -> View:
    """Return the view of the file alone, when no daemon can say more; what is wrong with it stands above."""
    rows = tuple(Row(cells={"name": say(words.clean(name))}) for name in names)
    return View(
        facts=(Cell((Span("peers listed in "), Span(words.clean(file), Tone.STRONG))),),
        warnings=tuple(map(freshness.warning, problems)),
        sheets=(Sheet(columns=NAME_ONLY, rows=rows, empty="" if problems else NO_PEERS),),
    )


def _row(peer: PeerState, late_seconds: float) -> Row:
    glyph, word, tone = _sign(peer)
    heard = None if peer.heard_seconds is None else peer.heard_seconds + late_seconds
    note = peer.note.removeprefix(word).lstrip(":; ,") or (NEVER_HEARD if peer.state == "unknown" else "")
    if peer.rows_missing:
        note = "; ".join(filter(None, (note, f"{peer.rows_missing} of its changes are not here yet")))
    cells = {
        "name": say(words.clean(peer.name), Tone.STRONG),
        "state": Cell((Span(glyph, tone), Span(f" {word}"))),
        "heard": say(words.age(heard)),
        "round": say(_milliseconds(peer.round_trip_seconds)),
        "delay": say(_milliseconds(peer.delay_seconds)),
        "key": say(words.clean(peer.key)),
        "version": say(words.clean(peer.version)),
        "address": say(words.clean(peer.address)),
        "from": say("file" if peer.configured else "met"),
        "note": say(words.clean(note)),
    }
    return Row(cells=cells, mood=peer.state, notable=peer.state != "live", stale=peer.state != "live")


def _sign(peer: PeerState) -> tuple[str, str, Tone]:
    """Return sign, word and tone; who bears a name that two have is heard, whatever else is said of it."""
    if peer.state in {"live", "unknown"} and CONFLICT[1] in peer.flags:
        return CONFLICT
    return STATES.get(peer.state, ("?", peer.state, Tone.WARN))


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:.1f} ms"
