"""A tally: the counts of a target over all rows, kept up to date row by row.

Rules of this file: pure counting, and the only place of it. A row that changes is taken out of the sums and
put in again, so that a decision costs what has changed and not the size of the space; only a new window,
or a maximum that falls, has all rows counted again. Whatever came before, a tally equals one made anew of
the same rows (`tests/unit/decide/test_tally.py`).

What counts: ticket bits, proofs, noworks and claims only under the window at hand; running machines
whatever their window; a silent factory's machines until it is forgotten, its tickets until it has been
silent for ten minutes, its room not at all. Nor do its machines count as proven or unproven, nor its
uncontradicted noworks, which are weighed against the unproven: nobody can tell by now, and known work must
not wait for those who may never be heard again.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Iterable
from typing import NamedTuple

from msgspec.structs import replace

from vacnet.decide.peers import Peer
from vacnet.space.rows import NO_CLAIM, RESERVATION

Identity = tuple[int, str]
NEVER = -math.inf


class Sums(NamedTuple):
    """What is added up over rows."""

    offering: int = 0
    """Live factories that offer the target."""
    proofs: int = 0
    noworks: int = 0
    uncontradicted: int = 0
    unproven: int = 0
    proven_running: int = 0
    machines_running: int = 0
    machines_starting: int = 0
    processors: int = 0
    """Of running and starting machines and of claims."""
    work: float = 0.0
    """The same, each by the weight of its factory."""


class Tops(NamedTuple):
    """What is the greatest over rows; `NEVER` where there is none."""

    proof_at: float = NEVER
    proof_started_at: float = NEVER
    proof_age_seconds: float = NEVER
    nowork_life_seconds: float = NEVER


class Tally:
    """The counts of one target under one window."""

    def __init__(self, identity: Identity, peers: Iterable[Peer] = ()) -> None:
        """Count all."""
        self.identity = identity
        self.peers: dict[str, Peer] = {peer.factory: peer for peer in peers if not peer.row.gone}
        self._count_anew()

    def _count_anew(self) -> None:
        peers = self.peers.values()
        self.sums, self.tops = _sums(peers, self.identity), _tops(peers)
        self.bits: dict[str, int] = {}
        """Ticket bits by factory, of those that hold any."""
        self.claims: dict[str, Peer] = {}
        self.reservations: dict[str, Peer] = {}
        """By factory, whatever their window: room is no matter of windows."""
        self._candidates = dict.fromkeys([peer.factory for peer in peers if peer.row.can and peer.live])
        self._names: tuple[str, ...] | None = None
        for peer in [peer for peer in peers if peer.row.tickets or peer.row.claim != NO_CLAIM]:
            self._note_claim(peer)

    def enter(self, identity: Identity) -> None:
        """Count under this window from now on."""
        if identity != self.identity:
            self.identity = identity
            self._count_anew()

    def put(self, peer: Peer) -> None:
        """Count a factory's row instead of what it said before; a row that is gone counts nothing."""
        before = self.peers.get(peer.factory)
        if before is not None and _counts_alike(before, peer):
            self.peers[peer.factory] = peer
            return
        self.drop(peer.factory, without=peer)
        if peer.row.gone:
            return
        self.peers[peer.factory] = peer
        self.sums = Sums(*map(operator.add, self.sums, _sums((peer,), self.identity)))
        self.tops = Tops(*map(max, self.tops, _tops((peer,))))
        self._note_claim(peer)
        if _is_candidate(peer) and peer.factory not in self._candidates:
            self._candidates[peer.factory] = None
            self._names = None

    def drop(self, factory: str, *, without: Peer | None = None) -> None:
        """Take a factory's row out; `without`: what comes instead."""
        before = self.peers.pop(factory, None)
        if before is None:
            return
        self.sums = Sums(*map(operator.sub, self.sums, _sums((before,), self.identity)))
        self.bits.pop(factory, None)
        self.claims.pop(factory, None)
        self.reservations.pop(factory, None)
        if factory in self._candidates and not (without and _is_candidate(without)):
            del self._candidates[factory]
            self._names = None
        after = _tops((without,)) if without and not without.row.gone else Tops()
        if any(old == top > new for old, top, new in zip(_tops((before,)), self.tops, after, strict=True)):
            self.tops = _tops(self.peers.values())

    def _note_claim(self, peer: Peer) -> None:
        row = peer.row
        if (row.tickets or row.claim > NO_CLAIM) and peer.holds and row.window.identity == self.identity:
            self.bits[peer.factory] = row.tickets
            if peer.live and row.claim > NO_CLAIM and row.claim_at is not None:
                self.claims[peer.factory] = peer
        if row.claim == RESERVATION and peer.live and row.claim_at is not None:
            self.reservations[peer.factory] = peer

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return the live factories that could start one now."""
        if self._names is None:
            self._names = tuple(self._candidates)
        return self._names

    @property
    def taken(self) -> int:
        """Return the tickets that somebody holds or used, as bits."""
        bits = 0
        for more in self.bits.values():
            bits |= more
        return bits


def processors_of(peer: Peer) -> int:
    """Return the processors of a factory's running and starting machines and of its live claim."""
    claimed = peer.row.processors_claimed if peer.live else 0
    return peer.row.processors_running + peer.row.processors_starting + claimed


def _sums(peers: Collection[Peer], identity: Identity) -> Sums:
    """Return what these rows add up to; in one pass, for there may be thousands."""
    number, opener = identity
    offering = unproven = proven = running = starting = processors = 0
    work = 0.0
    ours: list[Peer] = []
    for peer in peers:
        row = peer.row
        running += row.machines_running
        starting += row.machines_starting
        taken = row.processors_running + row.processors_starting
        if peer.live:
            offering += 1
            proven += row.proven_running
            unproven += row.unproven
            taken += row.processors_claimed
        processors += taken
        work += taken * peer.weight
        if peer.holds and (row.proofs or row.noworks or row.uncontradicted):
            ours.append(peer)
    ours = [one for one in ours if one.row.window.number == number and one.row.window.opener == opener]
    return Sums(
        offering=offering,
        proofs=sum(one.row.proofs for one in ours),
        noworks=sum(one.row.noworks for one in ours),
        uncontradicted=sum(one.row.uncontradicted for one in ours if one.live),
        unproven=unproven,
        proven_running=proven,
        machines_running=running,
        machines_starting=starting,
        processors=processors,
        work=work,
    )


def _tops(peers: Collection[Peer]) -> Tops:
    """Return the greatest of what these rows say."""
    rows = [peer.row for peer in peers]
    proofs = [at for row in rows if (at := row.proof_at) is not None]
    starts = [at for row in rows if (at := row.proof_started_at) is not None]
    return Tops(
        proof_at=max(proofs, default=NEVER),
        proof_started_at=max(starts, default=NEVER),
        proof_age_seconds=max([row.proof_age_seconds for row in rows], default=NEVER),
        nowork_life_seconds=max([row.nowork_life_seconds for row in rows], default=NEVER),
    )


def _counts_alike(before: Peer, peer: Peer) -> bool:
    """Tell whether nothing but a window is new, under which neither says anything: all make such copies."""
    was, row = before.row, peer.row
    if row.tickets or row.proofs or row.noworks or row.uncontradicted or row.claim != NO_CLAIM:
        return False
    return replace(before, row=replace(was, window=row.window)) == peer


def _is_candidate(peer: Peer) -> bool:
    return peer.live and peer.row.can > 0 and not peer.row.gone
