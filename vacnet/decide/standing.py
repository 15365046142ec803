"""How a target stands in the whole space, by the rows that all factories gave.

Rules of this file: pure; what counts and what does not is the tally's. A standing is a value: it does not
change when rows do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vacnet.decide.peers import Peer
from vacnet.decide.tally import NEVER, Tally
from vacnet.decide.windows import State, state_of, tickets_available
from vacnet.space.window import Window
from vacnet.targets.model import Target

CLAIM_TAIL_SECONDS = 30.0
"""How long a claim lives beyond its wait when its author falls silent of it."""
RESERVATION_SECONDS_MAX = 86_400.0
"""How long a factory keeps room for one machine, at most: what runs there has mostly ended by then."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A live claim on a ticket of the window."""

    factory: str
    ticket: int
    expires_at: float
    processors: int = 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Room that a live factory keeps for one machine."""

    factory: str
    processors: int
    work: float
    """The same by the factory's weight."""
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
    reservations: tuple[Reservation, ...]
    """In the order of the factories' names."""
    proofs: int
    noworks: int
    uncontradicted: int
    unproven: int
    proven_running: int
    machines_running: int
    machines_starting: int
    processors: int
    """Of running and starting machines, of claims and of reservations."""
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
    return standing_by(target, window, Tally(window.identity, peers), now)


def standing_by(target: Target, window: Window, tally: Tally, now: float) -> Standing:
    """Return how `target` stands by a tally of all rows under `window`."""
    sums, tops = tally.sums, tally.tops
    state = state_of(window, sums.proofs, target.gain, now)
    return Standing(
        window=window,
        state=state,
        available=0 if state is State.BACK_OFF else tickets_available(sums.proofs, target.gain),
        taken=tally.taken,
        claims=_claims(tally.claims.values(), target, now),
        reservations=_reservations(tally.reservations.values(), now),
        proofs=sums.proofs,
        noworks=sums.noworks,
        uncontradicted=sums.uncontradicted,
        unproven=sums.unproven,
        proven_running=sums.proven_running,
        machines_running=sums.machines_running,
        machines_starting=sums.machines_starting,
        processors=sums.processors,
        work=sums.work,
        candidates=tally.candidates,
        offering=sums.offering,
        proof_at=_or_none(tops.proof_at),
        proof_started_at=_or_none(tops.proof_started_at),
        proof_age_seconds=max(0.0, tops.proof_age_seconds),
        nowork_life_seconds=max(0.0, tops.nowork_life_seconds),
    )


def as_if_over(standing: Standing) -> Standing:
    """Return how a target in back-off will stand when that has ended: the probe's ticket is out."""
    return replace(standing, available=1, taken=0, claims=())


def _claims(peers: Iterable[Peer], target: Target, now: float) -> tuple[Claim, ...]:
    life = target.claim_wait_seconds + CLAIM_TAIL_SECONDS
    claims = (
        Claim(peer.factory, peer.row.claim, peer.row.claim_at + life, peer.row.processors_claimed)
        for peer in peers
        if peer.row.claim_at is not None
    )
    return tuple(claim for claim in claims if now < claim.expires_at)


def _reservations(peers: Iterable[Peer], now: float) -> tuple[Reservation, ...]:
    kept = (
        Reservation(
            peer.factory,
            peer.row.processors_claimed,
            peer.row.processors_claimed * peer.weight,
            peer.row.claim_at + RESERVATION_SECONDS_MAX,
        )
        for peer in peers
        if peer.row.claim_at is not None
    )
    return tuple(sorted((one for one in kept if now < one.expires_at), key=lambda one: one.factory))


def _or_none(at: float) -> float | None:
    return None if at == NEVER else at
