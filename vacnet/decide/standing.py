"""How a target stands in the whole space: one pass over the rows that all factories gave.

Rules of this file: pure counting. Ticket bits, proofs, noworks and claims count only under the window
at hand; running machines count whatever their window; a silent factory's machines count until it is
forgotten, its tickets until it has been silent for ten minutes, its room not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vacnet.decide.peers import Peer
from vacnet.decide.windows import State, state_of, tickets_available
from vacnet.space.rows import NO_CLAIM, TargetRow
from vacnet.space.window import Window
from vacnet.targets.model import Target

CLAIM_TAIL_SECONDS = 30.0
"""How long a claim lives beyond its wait when its author falls silent of it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A live claim on a ticket of the window."""

    factory: str
    ticket: int
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A target over all factories known."""

    window: Window
    state: State
    available: int
    """Tickets out; those from 0 on."""
    taken: int
    """Bit k set: somebody holds or used ticket k."""
    claims: tuple[Claim, ...]
    proofs: int
    noworks: int
    uncontradicted: int
    unproven: int
    proven_running: int
    machines_running: int
    machines_starting: int
    processors: int
    """Of running and starting machines and of claims."""
    work: float
    """The same, each by the weight of its factory: what shares are measured in."""
    candidates: tuple[str, ...]
    """Live factories that could start one now."""
    offering: int
    """Live factories that offer the target."""
    proof_at: float | None
    proof_started_at: float | None
    proof_age_seconds: float
    nowork_life_seconds: float


def stand(target: Target, window: Window, peers: Iterable[Peer], now: float) -> Standing:
    """Return how `target` stands under `window`, from all rows known (the own one included)."""
    rows = [peer for peer in peers if not peer.row.gone]
    ours = [peer for peer in rows if peer.holds and peer.row.window.identity == window.identity]
    proofs = sum(peer.row.proofs for peer in ours)
    state = state_of(window, proofs, target.gain, now)
    return Standing(
        window=window,
        state=state,
        available=0 if state is State.BACK_OFF else tickets_available(proofs, target.gain),
        taken=_bits(peer.row for peer in ours),
        claims=_claims(ours, target, now),
        proofs=proofs,
        noworks=sum(peer.row.noworks for peer in ours),
        uncontradicted=sum(peer.row.uncontradicted for peer in ours),
        unproven=sum(peer.row.unproven for peer in rows if peer.holds),
        proven_running=sum(peer.row.proven_running for peer in rows if peer.live),
        machines_running=sum(peer.row.machines_running for peer in rows),
        machines_starting=sum(peer.row.machines_starting for peer in rows),
        processors=sum(processors_of(peer) for peer in rows),
        work=sum(processors_of(peer) * peer.weight for peer in rows),
        candidates=tuple(peer.factory for peer in rows if peer.live and peer.row.can > 0),
        offering=sum(1 for peer in rows if peer.live),
        proof_at=_newest(peer.row.proof_at for peer in rows),
        proof_started_at=_newest(peer.row.proof_started_at for peer in rows),
        proof_age_seconds=max((peer.row.proof_age_seconds for peer in rows), default=0.0),
        nowork_life_seconds=max((peer.row.nowork_life_seconds for peer in rows), default=0.0),
    )


def as_if_over(standing: Standing) -> Standing:
    """Return how a target in back-off will stand when that has ended: the probe's ticket is out."""
    return replace(standing, available=1, taken=0, claims=())


def _bits(rows: Iterable[TargetRow]) -> int:
    bits = 0
    for row in rows:
        bits |= row.tickets
    return bits


def processors_of(peer: Peer) -> int:
    """Return the processors of a factory's running and starting machines and of its live claim."""
    claimed = peer.row.processors_claimed if peer.live else 0
    return peer.row.processors_running + peer.row.processors_starting + claimed


def _claims(peers: Iterable[Peer], target: Target, now: float) -> tuple[Claim, ...]:
    life = target.claim_wait_seconds + CLAIM_TAIL_SECONDS
    claims = (
        Claim(peer.factory, peer.row.claim, peer.row.claim_at + life)
        for peer in peers
        if peer.live and peer.row.claim > NO_CLAIM and peer.row.claim_at is not None
    )
    return tuple(claim for claim in claims if now < claim.expires_at)


def _newest(times: Iterable[float | None]) -> float | None:
    return max((at for at in times if at is not None), default=None)
