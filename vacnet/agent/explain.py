"""Explaining: `Why` of one target, gathered from where the decision found it.

Rules of this file: reading only; every number comes from the function that the decision itself uses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from msgspec import structs

from vacnet.agent.advance import own_peer
from vacnet.agent.board import Board
from vacnet.agent.host import Host
from vacnet.agent.ledger import Ledger
from vacnet.agent.why import Candidate, FactoryHas, Growth, Held, Kept, Why, WindowFacts
from vacnet.decide.growth import allowance, chance
from vacnet.decide.peers import Peer
from vacnet.decide.standing import Standing, as_if_over
from vacnet.decide.tally import processors_of
from vacnet.decide.tickets import draw, free_tickets
from vacnet.decide.windows import State
from vacnet.space.hold import Hold
from vacnet.space.rows import NO_CLAIM, RESERVATION, TICKETS


def explain(board: Board, host: Host, target: str, now: float) -> Why | None:
    """Return why `target` is or is not chosen here; None for a target that is not offered."""
    if target not in board.standings:
        return None
    ledger, standing = board.ledgers[target], board.standings[target]
    has = tuple(_has(peer, standing, now) for peer in _peers(board, ledger, now))
    return Why(
        target=target,
        factory=board.settings.factory,
        share=ledger.target.target_share,
        group=ledger.target.group or target,
        hold=_hold(ledger.hold, now),
        window=_window(ledger, standing, now),
        has=has,
        next_ticket=_next_ticket(standing),
        candidates=_candidates(target, standing, has),
        growth=_growth(board, ledger, standing, now) if standing.state is State.OPEN else None,
        kept=_kept(board, target, now) if target in board.large else None,
        reason=board.reasons.get(target),
        vetoes=host.reasons,
        choice=board.chooser.choice,
        choice_ago=None if board.chooser.choice is None else now - board.chooser.chosen_at,
    )


def _peers(board: Board, ledger: Ledger, now: float) -> Iterator[Peer]:
    name = ledger.target.name
    own = own_peer(ledger, board.settings, now)
    yield structs.replace(own, row=board.row(name, now))
    yield from board.outlook.counted(name)


def _has(peer: Peer, standing: Standing, now: float) -> FactoryHas:
    row = peer.row
    under = peer.holds and row.window.identity == standing.window.identity
    return FactoryHas(
        factory=peer.factory,
        live=peer.live,
        weight=peer.weight,
        machines_running=row.machines_running,
        machines_starting=row.machines_starting,
        processors=processors_of(peer),
        can=row.can,
        proven=row.proven_running,
        unproven=row.unproven,
        proofs=row.proofs if under else 0,
        noworks=row.noworks if under else 0,
        uncontradicted=row.uncontradicted if under else 0,
        tickets=tuple(bit for bit in range(TICKETS) if under and row.tickets >> bit & 1),
        claim=next((one.ticket for one in standing.claims if one.factory == peer.factory), NO_CLAIM),
        kept=row.processors_claimed if peer.live and row.claim == RESERVATION else 0,
        last_code=row.message_code,
        last_ago=_ago(row.message_at, now),
        error_code=row.error_code,
        error_ago=_ago(row.error_at, now),
    )


def _hold(hold: Hold, now: float) -> Held | None:
    if not hold.number:
        return None
    ago = max(0.0, now - hold.at)
    return Held(number=hold.number, author=hold.author, ago=ago, held=hold.held, reason=hold.reason)


def _kept(board: Board, target: str, now: float) -> Kept:
    quota, keeping = board.quota(target, board.outlook.around(now)), board.keepings[target]
    return Kept(
        quota=quota,
        lack=quota.lack,
        allowed=quota.allowed,
        starved_for=_ago(keeping.starved_since, now),
        begins_in=None if math.isinf(keeping.due) else keeping.due - now,
        processors=keeping.processors,
        ends_in=None if math.isinf(keeping.until) else keeping.until - now,
    )


def _ago(at: float | None, now: float) -> float | None:
    return None if at is None else now - at


def _window(ledger: Ledger, standing: Standing, now: float) -> WindowFacts:
    window = standing.window
    return WindowFacts(
        number=window.number,
        opener=window.opener,
        opened_ago=now - window.opened_at,
        length=window.length_seconds,
        streak=window.streak,
        open=window.open,
        state=standing.state.value,
        ends_in=window.ends_at() - now,
        gain=ledger.target.gain,
        proofs=standing.proofs,
        noworks=standing.noworks,
        uncontradicted=standing.uncontradicted,
        unproven=standing.unproven,
        tickets_out=standing.available,
    )


def _to_come(standing: Standing) -> Standing:
    """Return how it stands once back-off has ended: then the probe's ticket is out."""
    return as_if_over(standing) if standing.state is State.BACK_OFF else standing


def _next_ticket(standing: Standing) -> int:
    return next(free_tickets(_to_come(standing)), -1)


def _candidates(target: str, standing: Standing, has: Sequence[FactoryHas]) -> tuple[Candidate, ...]:
    """Return who could start one by the rows: here another machine may have taken the room a moment ago."""
    ticket = _next_ticket(standing)
    if ticket < 0 or standing.state is State.OPEN:
        return ()
    able = (one.factory for one in has if one.live and one.can > 0)
    lots = sorted((draw(target, standing.window, name, ticket), name) for name in able)
    return tuple(Candidate(name, f"{lot:016x}", rank) for rank, (lot, name) in enumerate(lots))


def _growth(board: Board, ledger: Ledger, standing: Standing, now: float) -> Growth:
    processors = board.settings.processors + board.outlook.around(now).processors()
    return Growth(
        processors=processors,
        proven=standing.proven_running,
        allowance=allowance(ledger.target, standing, processors),
        unproven=standing.unproven,
        candidates=len(standing.candidates),
        chance=chance(ledger.target, standing, processors),
    )
