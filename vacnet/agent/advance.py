"""Advance: bring one target's window up to date with what the rows say and with the time.

Rules of this file: the window changes here and nowhere else, in this order: windows of others are
merged, proofs by age come due, a split is mended, an open target is marked, and at last, if rows
speak against the target and a machine of ours is among those that do, the next window is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from vacnet.agent.events import AgentSettings
from vacnet.agent.ledger import Ledger
from vacnet.agent.others import Others
from vacnet.decide.local import most_err
from vacnet.decide.peers import Peer
from vacnet.decide.standing import Standing, standing_by
from vacnet.decide.windows import (
    Happens,
    State,
    mended,
    next_window,
    noworks_exceed,
    opens_next,
    uncontradicted_reach,
)
from vacnet.space.hold import merge
from vacnet.space.rows import TargetRow


def advance(ledger: Ledger, settings: AgentSettings, others: Others, now: float) -> Standing:
    """Bring `ledger` up to date and return how its target stands (without this factory's candidacy)."""
    if (window := others.new_window()) is not None:
        ledger.adopt(window)
    for hold in others.new_holds():
        ledger.hold = merge(ledger.target.name, ledger.hold, hold)
    standing = standing_of(ledger, settings, others, now)
    if _take_over(ledger, standing, now):
        standing = standing_of(ledger, settings, others, now)
    if standing.state is State.OPEN and not ledger.window.open:
        ledger.window = structs.replace(ledger.window, open=True)
        standing = replace(standing, window=ledger.window)
    own = own_peer(ledger, settings, now)
    if opens_next(standing.state, _against(ledger, standing, own, others, now)):
        _open_next(ledger, settings.factory, standing, now)
        standing = standing_of(ledger, settings, others, now)
    return standing


def _take_over(ledger: Ledger, standing: Standing, now: float) -> bool:
    """Let the ledger learn from the space and from the time; True when that changes how the target stands."""
    window = ledger.window
    learned = ledger.learn(
        standing.proof_age_seconds, standing.nowork_life_seconds, standing.proof_started_at
    )
    passed = ledger.pass_time(now)
    ledger.window = mended(window, ledger.target, standing.proof_started_at)
    return learned or passed or ledger.window is not window


def own_peer(ledger: Ledger, settings: AgentSettings, now: float) -> Peer:
    """Return this factory's machines of the target as a row that is no candidate."""
    base = TargetRow(target=ledger.target.name, window=ledger.window)
    return Peer(settings.factory, live=True, holds=True, row=ledger.row(base, now), weight=settings.weight)


def standing_of(ledger: Ledger, settings: AgentSettings, others: Others, now: float) -> Standing:
    """Return how the target stands with the ledger's machines as they are now."""
    tally = others.tally
    tally.enter(ledger.window.identity)
    tally.put(own_peer(ledger, settings, now))
    return standing_by(ledger.target, ledger.window, tally, now)


def _against(ledger: Ledger, standing: Standing, own: Peer, others: Others, now: float) -> Iterator[Happens]:
    """Yield what speaks against the target now, each only if a machine of ours is among its causes."""
    if own.row.noworks and noworks_exceed(standing.proofs, standing.noworks):
        yield Happens.NOWORKS_EXCEED
    if own.row.uncontradicted and uncontradicted_reach(standing.uncontradicted, standing.unproven):
        yield Happens.UNCONTRADICTED
    erred = ledger.error_at is not None and ledger.error_at > ledger.window.opened_at
    if erred and most_err(ledger.target, (own, *others.peers()), now):
        yield Happens.MOST_ERR


def _open_next(ledger: Ledger, factory: str, standing: Standing, now: float) -> None:
    found = standing.proof_started_at
    proved = standing.proofs > 0 or (found is not None and found > ledger.window.opened_at)
    ledger.adopt(next_window(ledger.target, ledger.window, factory, proved=proved, now=now))
